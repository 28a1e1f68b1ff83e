/** @import { About } from "./server.js" */
import { ask, retry } from "../api.js";
import { make } from "../dom.js";
import { formatCount, formatError, formatPercent } from "../format.js";
import { loadCatalog, settings } from "../settings.js";
import { makeButton, makeLinkButton } from "../ui/button.js";
import { openDialog } from "../ui/dialog.js";
import { loadAbout } from "./server.js";

const TRIES = 3;

/** Keys, by where they work. @type {[string, [string, string][]][]} */
const SHORTCUTS = [
  ["Everywhere", [["?", "Keyboard shortcuts"], [",", "Settings"], ["Esc", "Close"]]],
  ["Live", [["Space", "Pause, resume"], ["R", "Record, stop recording"], ["M", "Add marker"], ["I", "Start or end interval"],
    ["S", "Take snapshot"], ["F", "Full screen"], ["P", "Picture in picture"]]],
  ["Analyze", [["Arrows", "Move between photos"], ["Enter", "Open photo"]]],
  ["Session", [["Space", "Play, pause"], ["Arrows", "Move the cursor"], ["Home, End", "To the start, to the end"],
    ["+, -, 0", "Zoom in, out, show all"], ["M", "Add marker"], ["I", "Start or end interval"], ["Del", "Delete the focused marker"]]],
];

/**
 * @typedef {{n: number, accuracy: number, accuracy_interval: [number, number]}} Figures
 * @typedef {object} Card a model's.
 * @property {string} name
 * @property {string} version
 * @property {string[]} labels
 * @property {string[]} limits
 * @property {{name: string, terms: string, faces?: number}[]} sources
 * @property {Partial<Figures> & {split?: string, sources?: Record<string, Figures>}} figures
 */

/** Opens what Mien can and cannot tell, the model's card, licences and links. */
export function openHelp() {
  const limits = make("div", {}), card = make("div", {}), about = make("div", {});
  openDialog("Help", { side: true },
    make("section", { class: "group" }, make("h3", {}, "What this can and cannot tell"), limits),
    make("section", { class: "group" }, make("h3", {}, "Keys and API"), make("div", { class: "row" },
      makeButton("Keyboard shortcuts", { icon: "keyboard", keys: "?", onclick: () => openShortcuts() }),
      makeLinkButton("API documentation", "/docs", { icon: "book-open" }))),
    make("section", { class: "group" }, make("h3", {}, "Model card"), card),
    make("section", { class: "group" }, make("h3", {}, "About"), about));
  loadCard().then((loaded) => {
    limits.replaceChildren(make("ul", {}, ...loaded.limits.map((text) => make("li", {}, text))));
    card.replaceChildren(...describeCard(loaded));
  }, (error) => card.replaceChildren(formatError(error)));
  loadAbout().then((loaded) => about.replaceChildren(...describeServer(loaded)),
    (error) => about.replaceChildren(formatError(error)));
}

/** The card of the chosen model. @returns {Promise<Card>} */
async function loadCard() {
  const { models } = await loadCatalog();
  const name = settings.values.model || models.find((entry) => entry.default)?.name || "";
  return retry(() => ask("GET", `/v1/models/${encodeURIComponent(name)}`), { tries: TRIES });
}

/** @param {Card} card @returns {Node[]} */
function describeCard({ name, version, labels, sources, figures }) {
  const rows = Object.entries(figures.sources ?? {}).map(([source, figure]) => makeRow(source, figure));
  return [
    make("p", {}, make("strong", {}, `${name} ${version}`), `: ${labels.join(", ")}`),
    rows.length ? make("table", { class: "figures" },
      make("caption", {}, `Right on faces held back from training${figures.split ? ` (${figures.split})` : ""}, with a 95 % interval`),
      make("tbody", {}, ...rows)) : make("p", { class: "muted" }, "The card holds no figures."),
    make("details", {}, make("summary", {}, "What it learned from"),
      make("ul", {}, ...sources.map((source) => make("li", {}, make("strong", {}, source.name), `: ${source.terms}`)))),
  ];
}

/** @param {string} source @param {Figures} figures */
function makeRow(source, { n, accuracy, accuracy_interval: [low, high] }) {
  return make("tr", {}, make("th", { scope: "row" }, source),
    make("td", {}, `${formatPercent(accuracy)} (${formatPercent(low)} to ${formatPercent(high)})`),
    make("td", { class: "muted" }, formatCount(n, "face")));
}

/** @param {About} about @returns {Node[]} */
function describeServer({ version, licences }) {
  const items = licences.map(({ name, version: number, licence }) =>
    make("li", {}, `${[name, number].filter(Boolean).join(" ")}: ${licence}`));
  return [make("p", {}, `Mien ${version}`), make("details", {}, make("summary", {}, formatCount(items.length, "licence")),
    make("ul", { class: "licences" }, ...items))];
}

/** Opens the keyboard shortcuts. */
export function openShortcuts() {
  openDialog("Keyboard shortcuts", {}, make("div", { class: "shortcuts" }, ...SHORTCUTS.map(([place, keys]) =>
    make("section", {}, make("h3", {}, place), make("dl", {}, ...keys.map(([key, text]) =>
      make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, text))))))),
  make("div", { class: "actions" }, makeButton("Close", { onclick: ({ currentTarget }) => {
    if (currentTarget instanceof Element) currentTarget.closest("dialog")?.close();
  } })));
}
