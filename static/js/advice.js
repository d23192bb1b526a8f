// [data-advice-apply]: a button that puts better texts into the form; each <data data-field="id" value="…"> inside is one.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-advice-apply]");
  if (!button) return;
  let last;
  for (const { dataset, value } of button.querySelectorAll("data[data-field]")) {
    const control = document.getElementById(dataset.field);
    if (!control) continue;
    control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    last = control;
  }
  // The button goes with the advice; whoever came by keyboard stays in the form.
  last?.focus();
});
