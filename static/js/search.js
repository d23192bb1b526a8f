// Ctrl K (⌘ K) or "/" puts the cursor into the page's search.
document.addEventListener("keydown", (event) => {
  const search = document.querySelector("[data-search]");
  if (!search) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const chord = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
  if (!chord && (event.key !== "/" || typing)) return;
  event.preventDefault();
  search.focus();
  search.select();
});
