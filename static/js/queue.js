// The review queue by keys: j k move, x selects, o opens, a c r decide (the next page confirms), ? shows them.
// On the page of one item a c r lead to the button or, while it has no reason, to the note; Enter then decides.
const help = document.getElementById("queue-keys");
const form = () => document.querySelector("[data-queue]");
const boxes = () => [...document.querySelectorAll("[data-queue-row] [name=chosen]")];
const current = () => document.activeElement.closest("[data-queue-row]")?.querySelector("[name=chosen]");

function count() {
  const chosen = boxes().filter((box) => box.checked).length;
  const words = document.querySelector("[data-queue-count]");
  if (words) words.textContent = chosen ? `${chosen} selected` : "Select below; what happens is shown before it does.";
  const all = document.querySelector("[data-queue-all]");
  if (all) all.checked = chosen > 0 && chosen === boxes().length;
}

function move(step) {
  const all = boxes();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

function decide(key) {
  const button = document.querySelector(`[data-queue-key="${key}"]`);
  if (!button) return;
  const decision = button.closest("[data-decision]");
  if (decision) {
    const needsWords = key !== "a" && !decision.elements.note.value && !decision.elements.reason?.value;
    (needsWords ? decision.elements.note : button).focus();
    return;
  }
  const here = current();
  if (here && !boxes().some((box) => box.checked)) here.checked = true;
  if (boxes().some((box) => box.checked)) form().requestSubmit(button);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => current()?.click(),
  o: () => current()?.closest("tr").querySelector("[data-queue-open]").click(),
  a: () => decide("a"),
  c: () => decide("c"),
  r: () => decide("r"),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox])")) return;
  // A box that has the focus would press the form's first button, Approve.
  if (event.key === "Enter" && event.target.closest("[data-queue] input")) event.preventDefault();
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-queue-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest("[data-queue]")) count();
});

document.addEventListener("click", (event) => event.target.closest("[data-queue-help]") && help.showModal());

document.addEventListener("htmx:load", () => {
  for (const hidden of document.querySelectorAll("[data-queue-all], [data-queue-help]")) hidden.hidden = false;
  count();
});
