// Patches from the server are merged into the page, so that nobody loses the focus, an open menu
// or what they are typing.

export function apply(patches) {
  const followers = [...document.querySelectorAll("[data-follows]")].filter(isAtEnd);
  for (const { target, how, html } of patches) {
    const element = document.getElementById(target);
    if (!element) continue;
    if (how === "remove") element.remove();
    else if (how === "append") element.append(parsed(html));
    else merge(element, parsed(html).firstElementChild);
  }
  followers.forEach(toEnd);
}

// Stays at the end also when the box gets smaller, as by a drawer that opens beside it.
export function followEnd() {
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) if (!left.has(target)) toEnd(target);
  });
  const left = new WeakSet();
  for (const box of document.querySelectorAll("[data-follows]")) {
    toEnd(box);
    box.addEventListener("scroll", () => (isAtEnd(box) ? left.delete(box) : left.add(box)));
    sizes.observe(box);
  }
}

function isAtEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 80;
}

function toEnd(box) {
  box.scrollTop = box.scrollHeight;
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

const OWN_ATTRIBUTES = new Set(["open", "aria-busy", "style", "data-open"]);

function merge(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
  } else if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
  } else {
    mergeAttributes(old, fresh);
    mergeChildren(old, fresh);
  }
}

function mergeAttributes(old, fresh) {
  const checkedChanged = old.hasAttribute("checked") !== fresh.hasAttribute("checked");
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OWN_ATTRIBUTES.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !OWN_ATTRIBUTES.has(name)) old.setAttribute(name, value);
  }
  if (checkedChanged && old !== document.activeElement) old.checked = fresh.hasAttribute("checked");
}

function mergeChildren(old, fresh) {
  const wanted = [...fresh.childNodes];
  const ids = new Set(wanted.map((node) => node.id).filter(Boolean));
  let place = old.firstChild;
  for (const node of wanted) {
    const known = node.id ? [...old.children].find((child) => child.id === node.id) : null;
    if (known) {
      if (known === place) place = place.nextSibling;
      else old.insertBefore(known, place);
      merge(known, node);
    } else if (!node.id && place && !ids.has(place.id)) {
      const next = place.nextSibling;
      merge(place, node);
      place = next;
    } else {
      old.insertBefore(node, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}
