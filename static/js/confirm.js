// hx-confirm and <form data-confirm> ask in the page's own dialog: what happens, what it costs, the verb on the button.
const dialog = document.getElementById("confirm");
const slot = (name) => dialog.querySelector(`[data-confirm-slot="${name}"]`);

function ask(text, { confirmTitle, confirmVerb, confirmTone }, proceed) {
  slot("title").textContent = confirmTitle || "Are you sure?";
  slot("text").textContent = text;
  slot("verb").textContent = confirmVerb || "Continue";
  slot("verb").className = confirmTone === "bad" ? "btn btn-danger" : "btn btn-primary";
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && proceed(), { once: true });
  dialog.showModal();
}

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question, event.detail.elt.dataset, () => event.detail.issueRequest(true));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  const { submitter } = event;
  ask(form.dataset.confirm, form.dataset, () => {
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  });
});
