// [data-compose-preview]: an approved text with its variables filled from a sample row, shown on the phone as one types.
//   [data-compose-body]    textarea or element that holds the registered text with its {#…#} tags, in order
//   [data-compose-value]   one per tag, in order: an input's text, or a select whose options carry data-sample
//   [data-compose-output]  where the result is shown; it fires dakiya:text, which the segment counter listens to
const TAG = /\{#[A-Za-z]+#\}/g;

function sample(control) {
  if (control instanceof HTMLSelectElement) return control.selectedOptions[0]?.dataset.sample ?? "";
  return control.value;
}

function render(form) {
  const body = form.querySelector("[data-compose-body]");
  const output = form.querySelector("[data-compose-output]");
  if (!body || !output) return;
  const values = [...form.querySelectorAll("[data-compose-value]")].map(sample);
  const text = body.value ?? body.textContent;
  const pieces = [];
  let from = 0;
  let index = 0;
  for (const match of text.matchAll(TAG)) {
    pieces.push(text.slice(from, match.index));
    const value = values[index];
    if (value) pieces.push(value);
    else {
      const gap = document.createElement("mark");
      gap.textContent = match[0];
      pieces.push(gap);
    }
    index += 1;
    from = match.index + match[0].length;
  }
  output.replaceChildren(...pieces, text.slice(from));
  output.dispatchEvent(new CustomEvent("dakiya:text", { bubbles: true }));
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.closest("[data-compose-preview]");
    if (form) render(form);
  });
}

document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  const around = root.closest("[data-compose-preview]");
  if (around) render(around);
  for (const form of root.querySelectorAll("[data-compose-preview]")) render(form);
});
