// <form data-dirty-guard>: leaving with unsaved changes asks first. Form errors take the focus, so they are heard.
const changed = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-dirty-guard]")) changed.add(form);
});

document.addEventListener("submit", (event) => changed.delete(event.target));

addEventListener("beforeunload", (event) => {
  // A form that was swapped out holds nothing to lose.
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  const summary = root.matches("[data-error-summary]") ? root : root.querySelector("[data-error-summary]");
  summary?.focus();
});
