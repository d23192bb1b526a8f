// <button data-copy="#id">: puts the element's text on the clipboard and says so on the button.
const SAID_MS = 1800;

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]") || button;
  const before = label.dataset.before || label.textContent;
  label.dataset.before = before;
  try {
    await navigator.clipboard.writeText(source.textContent);
    label.textContent = "Copied";
  } catch {
    // No permission, or plain http: select it, so that Ctrl C does the rest.
    getSelection().selectAllChildren(source);
    label.textContent = "Press Ctrl C";
  }
  setTimeout(() => {
    label.textContent = before;
  }, SAID_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
