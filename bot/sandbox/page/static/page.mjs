// The page's whole script: it applies the server's patches, posts what people do, and keeps
// dialogs, menus and the keyboard in order. It knows nothing of Slack or of backups.
import { startSuggesting, startCompleting } from "./choosing.mjs";
import { startMenus } from "./menus.mjs";
import { keepPanels, show, turn, uncover } from "./panels.mjs";
import { keepTicking, showMoments } from "./moments.mjs";
import { apply, followEnd } from "./patching.mjs";
import { showTables, startTables } from "./tables.mjs";

const { as, live, seen } = document.body.dataset;

function tell(words) {
  const toast = document.getElementById("toast");
  toast.textContent = words;
  toast.hidePopover();
  toast.showPopover();
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => toast.hidePopover(), 6000);
}

async function post(address, body) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as, ...body }),
    });
    return await response.json();
  } catch {
    return { ok: false, error: "The sandbox does not answer. Is it still running?" };
  }
}

function formValues(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.type === "checkbox") {
      values[field.name] ??= [];
      if (field.checked) values[field.name].push(field.value);
    } else if (field.type === "radio") {
      values[field.name] ??= null;
      if (field.checked) values[field.name] = field.value;
    } else {
      values[field.name] = entered(field);
    }
  }
  return values;
}

function chosen(field) {
  if (field.type === "checkbox") {
    const boxes = document.querySelectorAll(`input[name="${CSS.escape(field.name)}"]:checked`);
    return [...boxes].map((box) => box.value);
  }
  return entered(field);
}

function entered(field) {
  if (field.type === "file") return [...field.files].map((file) => file.name);
  return field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value;
}

function confirmed(element) {
  const dialog = document.getElementById(element.dataset.confirm);
  if (!dialog) return Promise.resolve(true);
  dialog.returnValue = "deny";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "confirm"), { once: true });
  });
}

async function use(element, more = {}) {
  if (element.ariaBusy === "true" || !(await confirmed(element))) return null;
  const modal = element.closest("dialog[data-modal] form");
  if (modal && !element.dataset.post.endsWith("/closes")) more.values = formValues(modal);
  if (element.dataset.confirm) more.confirm = true;
  element.ariaBusy = "true";
  const answer = await post(element.dataset.post, { ...JSON.parse(element.dataset.body), ...more });
  element.ariaBusy = null;
  if (!answer.ok && !document.querySelector("dialog[data-modal] .field-error:not(:empty)")) tell(answer.error);
  if (answer.ok && answer.acked === false && !modal) {
    tell(`The bot did not answer within 3 seconds (${answer.error}).`);
  }
  return answer;
}

// Buttons, links and menu items.
document.addEventListener("click", async (event) => {
  const toggle = event.target.closest("[data-toggle]");
  if (toggle) return turn(toggle.dataset.toggle);
  if (event.target.closest("[data-go], [data-opens]")) uncover();
  const element = event.target.closest("button[data-post], a[data-post]");
  if (!element || element.disabled) return undefined;
  element.closest("[popover]")?.hidePopover();
  const answer = await use(element);
  if (answer?.ok && element.dataset.opens) show(element.dataset.opens);
  if (answer?.ok && element.dataset.go && element.dataset.go !== location.search) location.href = element.dataset.go;
  return undefined;
});

// Selects, boxes and dates outside of forms, and inputs that tell the bot at once.
document.addEventListener("change", async (event) => {
  const field = event.target;
  if (!field.dataset.post) return;
  const answer = await use(field, { [field.dataset.field ?? "option"]: chosen(field) });
  if (!answer?.ok && !field.form) undo(field);
});

function undo(field) {
  if (field.options) for (const option of field.options) option.selected = option.defaultSelected;
  else if (["checkbox", "radio"].includes(field.type)) field.checked = field.defaultChecked;
  else if (field.type !== "hidden") field.value = field.defaultValue;
}

// The composers and the modals.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  if (form.closest("dialog")) {
    if (allValid(form)) await use(form);
    return;
  }
  if (form.dataset.field) {
    if (allValid(form)) await use(form, { [form.dataset.field]: formValues(form) });
    return;
  }
  const text = form.elements.text;
  const written = text.value;
  if (!written.trim()) return;
  text.value = "";
  draftChanged(text);
  const answer = await post(form.dataset.post, { ...JSON.parse(form.dataset.body), text: written });
  if (answer.ok) return;
  tell(answer.error);
  if (text.value) return;
  text.value = written;
  draftChanged(text);
});

// What is missing or wrong stands under its input rather than in the browser's bubble.
function allValid(form) {
  for (const group of form.querySelectorAll("[data-needs-one]")) {
    const boxes = [...group.querySelectorAll("input")];
    const missing = !boxes.some((box) => box.checked);
    boxes[0]?.setCustomValidity(missing ? "Please complete this required field." : "");
  }
  for (const old of form.querySelectorAll(".field-error")) old.textContent = "";
  if (form.checkValidity()) return true;
  form.querySelector(":invalid:not(fieldset)")?.focus();
  return false;
}

document.addEventListener("invalid", (event) => {
  event.preventDefault();
  const field = event.target;
  const error = field.closest(".block-input")?.querySelector(".field-error");
  const missing = field.validity.valueMissing;
  if (error) error.textContent = missing ? "Please complete this required field." : field.validationMessage;
}, true);

// An error is about what was there before: it goes when that changes.
for (const changed of ["input", "change"]) {
  document.addEventListener(changed, (event) => {
    const block = event.target.closest(".block-input");
    for (const error of block?.querySelectorAll(".field-error") ?? []) error.textContent = "";
    for (const field of block?.querySelectorAll("[aria-invalid]") ?? []) field.removeAttribute("aria-invalid");
  });
}

// Drafts survive a reload and a change of place.
function draftChanged(text) {
  sessionStorage.setItem(`draft/${text.dataset.draft}`, text.value);
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", (event) => {
  if (event.target.dataset.draft) sessionStorage.setItem(`draft/${event.target.dataset.draft}`, event.target.value);
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const text = event.target.closest("textarea[data-draft]");
  if (event.key === "Enter" && !event.shiftKey && text) {
    event.preventDefault();
    text.form.requestSubmit();
  } else if (event.key === "Escape" && !document.querySelector(":modal, [popover]:popover-open:not(#toast)")) {
    const open = document.querySelector("#sidebar-frame[data-open], #drawer[data-open], #guide[data-open]:focus-within");
    if (open) turn(open.id);
    else document.querySelector("a[data-escape]")?.click();
  }
});

// Esc in a modal closes it by way of the bot, like its button.
document.addEventListener("cancel", (event) => {
  if (!event.target.matches("dialog[data-modal]")) return;
  event.preventDefault();
  event.target.querySelector("[data-closes]").click();
}, true);

const WRONG = ".modal-body [aria-invalid=true]";
const FIELD = ".modal-body :is(input:not([type=hidden]), textarea, select)";

function openModals() {
  for (const dialog of document.querySelectorAll("dialog[data-modal]:not([open])")) {
    dialog.showModal();
    toFirstField(dialog);
  }
}

// A form is read from its top, wherever one begins to type in it; a refused one from what is wrong.
function toFirstField(dialog) {
  const wrong = dialog.querySelector(WRONG);
  if (wrong) return wrong.focus();
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(FIELD);
  (first ?? dialog.querySelector("[type=submit]") ?? dialog).focus({ preventScroll: true });
  dialog.querySelector(".modal-body").scrollTop = 0;
  return undefined;
}

// A modal that shows other fields than before, as after "Next", is a new form to begin at its start.
function beginAnew(fieldsBefore, wasWrong) {
  const modal = document.querySelector("dialog[data-modal]");
  if (modal?.querySelector(WRONG) && !wasWrong) toFirstField(modal);
  if (!modal || modal.querySelector(".modal-body").contains(document.activeElement)) return;
  const [first] = modal.querySelectorAll(FIELD);
  if (first && !fieldsBefore.includes(keyOf(first))) toFirstField(modal);
}

function keyOf(field) {
  return field.id || field.name;
}

function modalFields() {
  return [...document.querySelectorAll(`dialog[data-modal] ${FIELD}`)].map(keyOf);
}

function markUnread() {
  for (const item of document.querySelectorAll("[data-latest]")) {
    const key = `seen/${item.dataset.key}`;
    const known = localStorage.getItem(key);
    if (item.dataset.key === seen || known === null) localStorage.setItem(key, item.dataset.latest);
    else item.classList.toggle("unread", Number(item.dataset.latest) > Number(known));
  }
}

function settle() {
  showMoments();
  showTables();
  openModals();
  markUnread();
}

function listen() {
  const source = new EventSource(live);
  source.onmessage = (event) => {
    const hadModal = Boolean(document.querySelector("dialog[data-modal]"));
    const [fieldsBefore, wasWrong] = [modalFields(), Boolean(document.querySelector(WRONG))];
    apply(JSON.parse(event.data));
    settle();
    if (hadModal) beginAnew(fieldsBefore, wasWrong);
    if (hadModal && !document.querySelector("dialog[data-modal]")) document.getElementById("composer-text")?.focus();
    document.body.dataset.connected = "yes";
  };
  source.onerror = () => delete document.body.dataset.connected;
}

keepPanels();
for (const text of document.querySelectorAll("[data-draft]")) {
  text.value ||= sessionStorage.getItem(`draft/${text.dataset.draft}`) ?? "";
}
startSuggesting(post);
startCompleting();
startMenus();
startTables();
settle();
followEnd();
keepTicking();
listen();
(document.getElementById("thread-composer-text") ?? document.getElementById("composer-text"))?.focus();
const visit = document.querySelector("[data-visit]")?.dataset.visit;
if (visit) post("/act/home", { tab: visit });
