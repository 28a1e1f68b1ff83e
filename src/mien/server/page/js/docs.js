import { followTheme, settings } from "./settings.js";

const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");

/** Swagger UI's colours follow a class. */
function followDark() {
  const { theme } = settings.values;
  root.classList.toggle("dark-mode", theme === "system" ? system.matches : theme === "dark");
}

followTheme();
system.addEventListener("change", followDark);
settings.on(["theme"], followDark);
followDark();

/** Gives screen readers the names and levels that Swagger UI leaves out. */
function describe() {
  for (const select of document.querySelectorAll("tr[data-param-name] select")) {
    select.ariaLabel = select.closest("tr")?.dataset.paramName ?? "";
  }
  for (const region of document.querySelectorAll("table[role=region]")) {
    region.ariaLabel = region.id.replaceAll("_", " ");
  }
  // Below its title of level 1 comes level 3.
  for (const heading of document.querySelectorAll("h3, h4, h5")) heading.ariaLevel = `${Number(heading.tagName[1]) - 1}`;
}

new MutationObserver(describe).observe(document.getElementById("api") ?? root, { childList: true, subtree: true });

/** @type {any} */ (window).SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: false, // its links lie within buttons
  defaultModelsExpandDepth: 0,
  syntaxHighlight: false, // its colours lack contrast
  tagsSorter: "alpha",
  validatorUrl: null, // it would send the document to another host
});
