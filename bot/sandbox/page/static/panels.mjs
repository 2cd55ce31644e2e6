// The panels beside the conversation, which open and close; those of the sandbox stay so over a reload.

const FIRST = { guide: "yes", drawer: "" };

function setOpen(id, open) {
  const panel = document.getElementById(id);
  panel.toggleAttribute("data-open", open);
  document.querySelector(`[aria-controls="${id}"]`).setAttribute("aria-expanded", open);
  if (id in FIRST) sessionStorage.setItem(`open/${id}`, open ? "yes" : "");
}

function liesOver(id) {
  return getComputedStyle(document.getElementById(id)).position === "fixed";
}

// Whoever opens a panel goes on in it, and whoever closes it goes back to what opens it.
export function turn(id) {
  const panel = document.getElementById(id);
  const opened = !panel.hasAttribute("data-open");
  setOpen(id, opened);
  if (opened && liesOver(id)) for (const other of Object.keys(FIRST)) if (other !== id) setOpen(other, false);
  (opened ? panel : document.querySelector(`[aria-controls="${id}"]`)).focus();
}

// A part of a panel, where something is to be seen.
export function show(id) {
  const part = document.getElementById(id);
  setOpen(part.closest(".drawer").id, true);
  part.scrollIntoView();
}

// Where there is no room beside the conversation, the guide lies over it.
export function uncover() {
  if (liesOver("guide")) setOpen("guide", false);
}

export function keepPanels() {
  for (const [id, first] of Object.entries(FIRST)) {
    setOpen(id, Boolean(sessionStorage.getItem(`open/${id}`) ?? first));
  }
}
