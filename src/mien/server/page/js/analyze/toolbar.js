/** @import { Collection, Order } from "./collection.js" */
import { connection } from "../api.js";
import { make, makeChoice } from "../dom.js";
import { formatCount } from "../format.js";
import { FORMATS } from "../formats.js";
import { makeThreshold } from "../panel/choices.js";
import { makeProfileChoice, profile } from "../profile/current.js";
import { makeButton } from "../ui/button.js";
import { makeMenu } from "../ui/menu.js";
import { Pace } from "./pace.js";
import { analyzedOf } from "./results.js";
import { makeSummary } from "./summary.js";

/** @type {{value: Order, text: string}[]} */
const ORDERS = [{ value: "added", text: "Order added" }, { value: "name", text: "Name" }, { value: "label", text: "Label" },
  { value: "low", text: "Least confident" }, { value: "high", text: "Most confident" }];

/**
 * @typedef {object} Commands what the toolbar's buttons do.
 * @property {() => void} addFiles
 * @property {() => void} addFolder
 * @property {() => void} cancel
 * @property {() => void} save
 * @property {(format: string) => void} download one of the formats of records.
 * @property {() => void} downloadImages
 * @property {() => void} again
 * @property {() => void} clear
 */

/**
 * What lies above the grid: progress and actions, the summary, and what is shown in which order.
 *
 * @param {Collection} collection
 * @param {Commands} commands
 */
export function makeToolbar(collection, commands) {
  const filters = makeFilters(collection);
  const filter = makeButton("Filter", { icon: "sliders-horizontal", kind: "filter-toggle", onclick: () => {
    const isOpen = filters.classList.toggle("open");
    filter.setAttribute("aria-expanded", `${isOpen}`);
  } });
  filter.setAttribute("aria-expanded", "false");
  const progress = makeProgress(collection), note = make("p", { class: "note small", role: "status" });
  const element = make("div", { class: "bar" },
    make("div", { class: "toolbar" }, ...makeAdd(commands), progress.text, make("span", { class: "gap" }), filter, ...makeActions(collection, commands)),
    progress.bar, note, makeSummary(collection), filters);
  /** Tells what became of an action. @param {...(Node|string)} content */
  const tell = (...content) => note.replaceChildren(...content);
  return { element, tell };
}

/** @param {Commands} commands */
function makeAdd({ addFiles, addFolder }) {
  const items = [{ text: "Files", icon: "image", onclick: addFiles }, { text: "Folder", icon: "folder-open", onclick: addFolder }];
  return [makeMenu("Add", items, { icon: "plus" })];
}

/** @param {Collection} collection @param {Commands} commands */
function makeActions(collection, { cancel, save, download, downloadImages, again, clear }) {
  const stop = makeButton("Cancel all", { icon: "ban", onclick: cancel });
  const keep = makeButton("Save results", { icon: "bookmark", kind: "primary", onclick: save });
  const formats = Object.entries(FORMATS).map(([format, text]) => ({ text, icon: "download", onclick: () => download(format) }));
  const downloads = makeMenu("Download", [...formats,
    { text: "Annotated images (ZIP)", icon: "images", onclick: downloadImages }], { icon: "download" });
  const more = makeMenu("More", [{ text: "Analyze again", icon: "refresh-cw", onclick: again }]);
  const empty = makeButton("Clear list", { icon: "trash-2", kind: "quiet", onclick: clear });
  const open = /** @type {HTMLButtonElement} */ (downloads.querySelector("button"));
  collection.addEventListener("list", () => {
    const { counts: { files, over }, shown } = collection;
    stop.hidden = over === files;
    empty.hidden = !stop.hidden;
    keep.disabled = open.disabled = !analyzedOf(shown).length;
    keep.title = open.title = collection.isFiltered ? "Of the shown photos" : "Of all photos";
  });
  return [stop, empty, downloads, keep, more];
}

/** How far the analysis is, and how many files are shown. @param {Collection} collection */
function makeProgress(collection) {
  const visible = make("span"), spoken = make("span", { class: "visually-hidden", role: "status" });
  const bar = make("progress", { max: 1, "aria-label": "Progress of all files" });
  let pace = new Pace(), said = "";
  const show = () => {
    const { counts: { files, over, groups }, shown, isFiltered } = collection, isBusy = over < files;
    const failed = groups.get("failed") ?? 0, share = files ? over / files : 0;
    bar.hidden = !isBusy;
    bar.value = share;
    if (!isBusy) pace = new Pace();
    const problems = failed ? `${failed.toLocaleString("en")} failed` : "";
    const state = isBusy ? `${over.toLocaleString("en")} of ${formatCount(files, "file")} done` : `${formatCount(files, "file")} done`;
    const rest = !isBusy ? "" : connection.isUp ? pace.format(share) : "Waiting for the server";
    const part = isFiltered ? `${shown.length.toLocaleString("en")} shown` : "";
    visible.textContent = [state, problems, rest, part].filter(Boolean).join(" · ");
    const news = isBusy ? `Analyzing ${formatCount(files, "file")}` : [state, problems].filter(Boolean).join(", ");
    if (files && news !== said) spoken.textContent = said = news; // not each of a thousand steps
  };
  collection.addEventListener("list", show);
  connection.addEventListener("lost", show);
  connection.addEventListener("back", show);
  return { text: make("p", { class: "progress-text number" }, visible, spoken), bar };
}

/** @param {Collection} collection */
function makeFilters(collection) {
  const search = make("input", { type: "search", placeholder: "Search by name", "aria-label": "Search by name", dir: "auto",
    oninput: () => collection.choose({ text: search.value.trim() }) });
  const order = makeChoice("Sort by", (value) => collection.sort(/** @type {Order} */ (value)));
  order.fill(ORDERS, collection.order);
  const low = makePercent("Least confidence", 0, (value) => collection.choose({ low: value }));
  const high = makePercent("Greatest confidence", 100, (value) => collection.choose({ high: value }));
  const range = make("div", { class: "field" }, "Confidence", low, "to", high, "%");
  const choice = makeProfileChoice();
  const showProfiles = () => { choice.hidden = !profile.names.length; };
  profile.addEventListener("listed", showProfiles);
  showProfiles();
  collection.addEventListener("list", () => {
    const { filter } = collection;
    if (document.activeElement !== search) search.value = filter.text;
    if (document.activeElement !== low) low.value = `${Math.round(filter.low * 100)}`;
    if (document.activeElement !== high) high.value = `${Math.round(filter.high * 100)}`;
  });
  return make("div", { class: "toolbar filters" }, search, order.element, range,
    make("span", { class: "gap" }), makeThreshold(), choice);
}

/** @param {string} label @param {number} value @param {(share: number) => void} onChange */
function makePercent(label, value, onChange) {
  const input = make("input", { type: "number", min: 0, max: 100, step: 5, value, "aria-label": `${label} in percent`, oninput: () => {
    const share = input.valueAsNumber / 100;
    if (share >= 0 && share <= 1) onChange(share);
  } });
  return input;
}
