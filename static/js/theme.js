// Light or dark, the density of rows, and lanes or one list. first.js puts what is stored in before the first paint.
import { say } from "./words.js";

const root = document.documentElement;
const themes = ["system", "light", "dark"];

const store = (key, value) => {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // Storage can be forbidden. The choice then lasts as long as the page.
  }
};

/** Keep a choice made in passing with the account. Without a line it is kept in this browser alone. */
export const keep = (name, value) => {
  const { choice } = document.body.dataset;
  if (!choice) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const body = new URLSearchParams({ [name]: value });
  fetch(choice, { method: "POST", headers, body, keepalive: true }).catch(() => {});
};

const show = () => {
  const theme = root.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.setAttribute("aria-label", say(`theme-${theme}`));
    button.title = say(`theme-${theme}`);
  }
  for (const button of document.querySelectorAll("[data-density-set]")) {
    button.setAttribute("aria-pressed", String((root.dataset.density ?? "") === button.dataset.densitySet));
  }
};

const choose = (key, value) => {
  if (value) root.dataset[key] = value;
  else delete root.dataset[key];
  store(key, value);
  show();
};

document.addEventListener("click", (event) => {
  const density = event.target.closest("[data-density-set]");
  if (density) {
    choose("density", density.dataset.densitySet);
    keep("density", density.dataset.densitySet);
  }
  const layout = event.target.closest("[data-layout-set]"); // a link that shows it: kept besides
  if (layout) keep("layout", layout.dataset.layoutSet);
  if (event.target.closest("[data-theme-toggle]")) {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    choose("theme", next === "system" ? "" : next);
    keep("theme", next === "system" ? "" : next);
  }
});

// On the page of settings a choice shows at once; it is kept when the form is sent.
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-settings] :is([name=theme], [name=density])")) choose(target.name, target.value);
});
if (!("stored" in root.dataset)) {
  for (const name of ["theme", "density"])
    for (const box of document.querySelectorAll(`[data-settings] [name=${name}]`))
      box.checked = box.value === (root.dataset[name] ?? "");
}

document.addEventListener("htmx:load", show);
show();
