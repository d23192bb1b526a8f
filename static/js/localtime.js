// <time data-local datetime="…">: the same instant in the reader's own zone; the title keeps the company's.
const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  const times = root.matches("time[data-local]") ? [root] : root.querySelectorAll("time[data-local]");
  for (const time of times) time.textContent = format.format(new Date(time.dateTime));
});
