// The panels beside the conversation, which open and close; those of the sandbox stay so over a reload.

const FIRST = { guide: "yes", drawer: "" };

function setOpen(id, open) {
  const panel = document.getElementById(id);
  panel.toggleAttribute("data-open", open);
  document.querySelector(`[aria-controls="${id}"]`).setAttribute("aria-expanded", open);
  if (id in FIRST) sessionStorage.setItem(`open/${id}`, open ? "yes" : "");
}

// Whoever opens a panel goes on in it, and whoever closes it goes back to what opens it.
export function turn(id) {
  const panel = document.getElementById(id);
  const opened = !panel.hasAttribute("data-open");
  setOpen(id, opened);
  (opened ? panel : document.querySelector(`[aria-controls="${id}"]`)).focus();
}

// Also on the page that one goes to from here.
export function show(id) {
  setOpen(id, true);
}

// Where there is no room beside the conversation, the guide lies over it.
export function uncover() {
  if (getComputedStyle(document.getElementById("guide")).position === "fixed") setOpen("guide", false);
}

export function keepPanels() {
  for (const [id, first] of Object.entries(FIRST)) {
    setOpen(id, Boolean(sessionStorage.getItem(`open/${id}`) ?? first));
  }
}
