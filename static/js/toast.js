// Short news: `dakiya:toast` {text, tone} from a module or an HX-Trigger header, a failed request, or Django's messages.
const SHOWN_MS = 6000;

function dismissLater(toast) {
  // Problems stay until they were read and closed.
  if (toast.matches(".dk-tone-bad, .dk-tone-wait")) return;
  let timer = setTimeout(() => toast.remove(), SHOWN_MS);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => {
    timer = setTimeout(() => toast.remove(), SHOWN_MS);
  });
}

function show({ text, tone = "info" }) {
  const region = document.getElementById("toasts");
  const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  toast.classList.add(`dk-tone-${tone}`);
  for (const icon of toast.querySelectorAll("[data-for]")) {
    if (icon.dataset.for.split(" ").includes(tone)) icon.replaceWith(...icon.childNodes);
    else icon.remove();
  }
  toast.querySelector("[data-toast-text]").textContent = text;
  region.append(toast);
  dismissLater(toast);
}

document.addEventListener("dakiya:toast", (event) => show(event.detail));

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});

document.addEventListener("htmx:sendError", (event) => {
  // A poll that finds nobody tries again by itself.
  if (event.detail.elt.closest("[data-poll]")) return;
  show({ text: "The server could not be reached. Nothing was changed; try again in a moment.", tone: "bad" });
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt.closest("[data-poll]")) return;
  const { status } = event.detail.xhr;
  const reason =
    status === 403 ? "You may not do this. Ask an owner of your company for the role."
    : status === 404 ? "This is no longer there. Load the page again."
    : status === 429 ? "Too many requests. Wait a moment, then try again."
    : "The server could not do this. Try again; if it stays so, tell the platform's staff.";
  show({ text: reason, tone: "bad" });
});

for (const toast of document.querySelectorAll("[data-toast]")) dismissLater(toast);
