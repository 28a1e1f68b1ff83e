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

/** @type {any} */ (window).SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: false, // its colours lack contrast
  tagsSorter: "alpha",
  validatorUrl: null, // it would send the document to another host
});
