// Light or dark, decided before the first paint: loaded blocking in <head>, therefore no module.
(() => {
  const KEY = "dakiya-theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is forbidden in some private windows
    }
  };
  const wanted = () => stored() || (system.matches ? "dark" : "light");
  const apply = (theme) => {
    document.documentElement.dataset.bsTheme = theme;
    document.dispatchEvent(new CustomEvent("dakiya:theme", { detail: { theme } }));
  };

  apply(wanted());
  system.addEventListener("change", () => apply(wanted()));
  addEventListener("storage", (event) => event.key === KEY && apply(wanted()));
  addEventListener("beforeprint", () => apply("light"));
  addEventListener("afterprint", () => apply(wanted()));

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // The choice then lasts as long as the page.
    }
    apply(next);
  });
})();
