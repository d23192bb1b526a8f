// [data-filedrop]: highlights while a file hovers, names the file, shows the upload of its htmx form.
const size = (octets) => octets < 1024 * 1024 ? `${Math.ceil(octets / 1024)} KB` : `${(octets / 1024 / 1024).toFixed(1)} MB`;

function bind(zone) {
  const input = zone.querySelector("input[type=file]");
  const progress = zone.querySelector("[data-filedrop-progress]");
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, () => zone.classList.add("is-over"));
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("is-over"));
  // The input lies over the whole zone, so the browser itself takes the dropped file.
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (!file) return;
    zone.querySelector("[data-filedrop-name]").textContent = file.name;
    zone.querySelector("[data-filedrop-note]").textContent = size(file.size);
  });
  input.form?.addEventListener("htmx:xhr:progress", (event) => {
    if (!event.detail.lengthComputable) return;
    progress.hidden = false;
    progress.value = (100 * event.detail.loaded) / event.detail.total;
  });
}

document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  for (const zone of root.querySelectorAll("[data-filedrop]")) {
    if (zone.dataset.bound) continue;
    zone.dataset.bound = "yes";
    bind(zone);
  }
});
