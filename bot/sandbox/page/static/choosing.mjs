// Type-ahead: options the server suggests, and commands completed from a list on the page.

function options(list) {
  return [...list.querySelectorAll("[role=option]:not([hidden])")];
}

function mark(field, list, option) {
  for (const other of list.querySelectorAll("[role=option]")) other.ariaSelected = String(other === option);
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

// Fixed to the window, since what scrolls around the field would cut the list off.
function placed(field, list) {
  if (list.hidden || !field.closest(".combobox")) return;
  const { top, bottom, left, width } = field.getBoundingClientRect();
  const [above, below] = [top - 12, innerHeight - bottom - 12];
  const upwards = below < Math.min(list.scrollHeight, 260) && above > below;
  list.style.left = `${left}px`;
  list.style.width = `${width}px`;
  list.style.maxHeight = `${Math.min(260, upwards ? above : below)}px`;
  list.style.top = upwards ? "auto" : `${bottom + 4}px`;
  list.style.bottom = upwards ? `${innerHeight - top + 4}px` : "auto";
}

function open(field, list, isOpen) {
  list.hidden = !isOpen;
  placed(field, list);
  field.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) mark(field, list, null);
}

// True when the key belonged to the list.
function steer(event, field, list, choose) {
  if (list.hidden) return false;
  const all = options(list);
  const now = all.findIndex((option) => option.ariaSelected === "true");
  if (event.key === "ArrowDown") mark(field, list, all[(now + 1) % all.length]);
  else if (event.key === "ArrowUp") mark(field, list, all[(now - 1 + all.length) % all.length]);
  else if (event.key === "Escape") open(field, list, false);
  else if ((event.key === "Enter" || event.key === "Tab") && now >= 0) choose(all[now]);
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

export function startSuggesting(post) {
  const waiting = new WeakMap();

  async function suggest(field) {
    const box = field.closest("[data-suggest]");
    const list = box.querySelector("[role=listbox]");
    if (field.value.length < Number(box.dataset.least)) return open(field, list, false);
    const turn = (waiting.get(field) ?? 0) + 1;
    waiting.set(field, turn);
    const target = JSON.parse(box.querySelector("[data-target]").dataset.target);
    const answer = await post(box.dataset.suggest, { ...target, query: field.value });
    if (waiting.get(field) !== turn || document.activeElement !== field) return undefined;
    fill(list, answer, answer.ok ? "No results" : answer.error);
    return open(field, list, true);
  }

  function fill(list, { options: found = [], option_groups: groups = [] }, otherwise) {
    const count = { value: 0 };
    list.replaceChildren(
      ...(groups.length ? groups.map((group) => grouped(list, group, count)) : offered(list, found, count)),
    );
    if (!found.length) list.append(element("li", otherwise, "hint"));
  }

  function grouped(list, group, count) {
    const holder = element("li", "", "listbox-group");
    holder.role = "group";
    holder.ariaLabel = group.label.text;
    const options = element("ul");
    options.role = "presentation";
    options.append(...offered(list, group.options, count));
    holder.append(element("div", group.label.text, "hint"), options);
    return holder;
  }

  function offered(list, options, count) {
    return options.map((option) => {
      const item = element("li", option.text.text);
      item.id = `${list.id}-${count.value++}`;
      item.role = "option";
      item.ariaSelected = "false";
      Object.assign(item.dataset, { value: option.value, label: option.text.text });
      if (option.description) item.append(element("span", option.description.text, "hint"));
      return item;
    });
  }

  function element(name, text = "", kind = "") {
    return Object.assign(document.createElement(name), { textContent: text, className: kind });
  }

  // Of several that can be chosen, each is a box, which can be unticked.
  function added(box, { value, label }) {
    const known = [...box.querySelectorAll(".chosen input")].find((input) => input.value === value);
    if (known) return Object.assign(known, { checked: true });
    box.querySelector(".chosen").append(box.querySelector("template").content.cloneNode(true));
    const fresh = box.querySelector(".chosen .box:last-child");
    fresh.querySelector(".box-text").textContent = label;
    box.querySelector("[role=combobox]").required = false;
    return fresh.querySelector("input");
  }

  function choose(item) {
    const box = item.closest("[data-suggest]");
    const field = box.querySelector("[role=combobox]");
    // What was asked for before and arrives later does not open the list again.
    clearTimeout(field.timer);
    waiting.set(field, (waiting.get(field) ?? 0) + 1);
    const value = box.querySelector("[type=hidden]") ?? added(box, item.dataset);
    value.value = item.dataset.value;
    field.value = value.type === "hidden" ? item.dataset.label : "";
    field.setCustomValidity("");
    open(field, box.querySelector("[role=listbox]"), false);
    value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const combobox = (event) => event.target.closest?.("[data-suggest] [role=combobox]");
  document.addEventListener("input", (event) => {
    const field = combobox(event);
    if (!field) return;
    const single = field.closest("[data-suggest]").querySelector("[type=hidden]");
    if (single) single.value = "";
    field.setCustomValidity(field.value ? "Choose one of the options." : "");
    clearTimeout(field.timer);
    field.timer = setTimeout(() => suggest(field), 120);
  });
  document.addEventListener("click", (event) => combobox(event) && !event.target.value && suggest(event.target));
  document.addEventListener("focusout", (event) => {
    const field = combobox(event);
    if (field) open(field, field.closest("[data-suggest]").querySelector("[role=listbox]"), false);
  });
  for (const moved of ["scroll", "resize"]) {
    addEventListener(moved, () => {
      const field = document.activeElement?.closest("[data-suggest] [role=combobox]");
      if (field) placed(field, field.closest("[data-suggest]").querySelector("[role=listbox]"));
    }, true);
  }
  document.addEventListener("keydown", (event) => {
    const field = combobox(event);
    if (!field) return;
    const list = field.closest("[data-suggest]").querySelector("[role=listbox]");
    if (list.hidden && event.key === "ArrowDown") suggest(field);
    else steer(event, field, list, choose);
  }, true);
  document.addEventListener("mousedown", (event) => {
    const item = event.target.closest("[data-suggest] [role=option]");
    if (!item) return;
    event.preventDefault();
    choose(item);
  });
}

// What is completed: a command that the text begins with, or the mention that the caret is at the end of.
function typedOf(text) {
  const before = text.value.slice(0, text.selectionStart);
  const typed = /(?<=^|[\s(])@[\w.-]*$/.exec(before)?.[0] ?? "";
  if (typed || !text.value.startsWith("/")) return { typed, from: before.length - typed.length };
  const [command, ...rest] = text.value.split(" ");
  return { typed: command, from: 0, isUsage: rest.length > 0 };
}

export function startCompleting() {
  const listOf = (text) => document.getElementById(text.dataset.completion);

  function choose(item) {
    const list = item.closest("[role=listbox]");
    const text = document.querySelector(`[data-completion="${list.id}"]`);
    const { typed, from } = typedOf(text);
    text.setRangeText(`${item.dataset.value} `, from, from + typed.length, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
    open(text, list, false);
  }

  document.addEventListener("input", (event) => {
    const text = event.target.closest("[data-completion]");
    if (!text) return;
    const list = listOf(text);
    const { typed, isUsage } = typedOf(text);
    for (const item of list.children) {
      const value = item.dataset.value;
      item.hidden = !typed || (isUsage ? value !== typed : !value.startsWith(typed));
    }
    open(text, list, options(list).length > 0);
    if (!list.hidden && !isUsage) mark(text, list, options(list)[0]);
  });
  document.addEventListener("keydown", (event) => {
    const text = event.target.closest?.("[data-completion]");
    if (!text) return;
    const { typed, isUsage } = typedOf(text);
    if (!typed || isUsage) return;
    const exact = options(listOf(text)).some((item) => item.dataset.value === typed);
    if (event.key !== "Enter" || !exact) steer(event, text, listOf(text), choose);
  }, true);
  document.addEventListener("focusout", (event) => {
    const text = event.target.closest?.("[data-completion]");
    if (text) open(text, listOf(text), false);
  });
  document.addEventListener("mousedown", (event) => {
    const item = event.target.closest(".completion [role=option]");
    if (!item) return;
    event.preventDefault();
    choose(item);
  });
}
