// Runs before the first paint: the theme the administrator chose, else the system's.
(() => {
  const root = document.documentElement;
  const chosen = localStorage.getItem("lbadmin-theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.bsTheme = chosen || (dark ? "dark" : "light");
  root.classList.add("scripted");
})();
