/** @import { AnalyzedPhoto } from "./photo.js" */
/** @import { ItemState } from "./item.js" */
import { make } from "../dom.js";
import { formatCount } from "../format.js";
import { makeProfileChoice, profile } from "../profile/current.js";
import { makeModelChoice, makeThreshold } from "../panel/choices.js";
import { loadCatalog, settings } from "../settings.js";
import { isVideo, makeFileButton } from "../ui/files.js";
import { Item, Queue } from "./item.js";
import { analyzePhoto, saveResults } from "./photo.js";
import { analyzeVideo } from "./upload.js";

const PHOTOS_AT_ONCE = 2; // one is uploaded while another is analyzed

/** @type {?Analyze} stays while the page does: whoever opens a session comes back to the results. */
let analyze = null;

/**
 * Analyze: dropped photos and videos, each with its results as they come.
 *
 * @param {HTMLElement} root
 */
export function mount(root) {
  const { element } = analyze ??= new Analyze();
  root.append(element);
  return () => element.remove();
}

class Analyze {
  #photos = new Queue(PHOTOS_AT_ONCE);
  #videos = new Queue(1);
  /** @type {Item[]} */
  #items = [];
  #list = make("div", { class: "items" });
  #status = make("p", { role: "status" });
  #saveVideos = make("input", { type: "checkbox" });
  #cancel = make("button", { type: "button", hidden: true, onclick: () => this.#cancelAll() }, "Cancel all");
  #save = make("button", { type: "button", hidden: true, onclick: () => this.#saveAll() }, "Save results");
  #clear = make("button", { type: "button", hidden: true, onclick: () => this.#clearAll() }, "Clear list");

  constructor() {
    this.element = make("div", { class: "analysis" });
    const zone = makeFileButton(this.element, (files) => this.add(files));
    this.element.append(make("h1", { class: "visually-hidden" }, "Analyze"),
      make("div", { class: "card controls" }, zone, this.#makeSettings(),
        make("div", { class: "row" }, this.#status, this.#cancel, this.#save, this.#clear)),
      this.#list);
    profile.load();
  }

  #makeSettings() {
    return make("div", { class: "row" }, ...makeModelChoice(), makeProfileChoice(), makeThreshold(),
      make("label", { class: "field" }, this.#saveVideos, "Save videos for playback"));
  }

  /** @param {File[]} files */
  async add(files) {
    await loadCatalog();
    const items = files.map((file) => this.#makeItem(file));
    this.#items.push(...items);
    this.#list.prepend(...items.map(({ element }) => element));
    items.forEach((item) => item.start());
  }

  /** @param {File} file */
  #makeItem(file) {
    const chosen = { ...settings.choice, profile: profile.name || null };
    const unsure_below = settings.values.threshold, keep = this.#saveVideos.checked;
    const item = isVideo(file)
      ? new Item(file, chosen, (video) => analyzeVideo(video, { ...chosen, keep }), this.#videos)
      : new Item(file, chosen, (photo) => analyzePhoto(photo, { ...chosen, unsure_below }), this.#photos);
    item.addEventListener("change", () => this.#showCounts());
    return item;
  }

  #showCounts() {
    /** @param {ItemState} state */
    const number = (state) => this.#items.filter((item) => item.state === state).length;
    /** @type {ItemState[]} */
    const problems = ["failed", "cancelled"];
    this.#status.textContent = [`${number("done")} of ${formatCount(this.#items.length, "file")} done`,
      ...problems.filter(number).map((state) => `${number(state)} ${state}`)].join(", ");
    this.#cancel.hidden = this.#items.every(({ isOver }) => isOver);
    this.#clear.hidden = !this.#cancel.hidden;
    this.#save.hidden = this.#clear.hidden || !this.#analyzedPhotos().length;
  }

  #analyzedPhotos() {
    return this.#items.filter(
      /** @returns {item is AnalyzedPhoto} */ (item) => item.state === "done" && item.result !== null);
  }

  #cancelAll() {
    this.#items.forEach((item) => item.cancel());
  }

  #clearAll() {
    this.#items.forEach((item) => item.release());
    this.#items = [];
    this.#list.replaceChildren();
    this.#status.textContent = "";
    this.#clear.hidden = this.#save.hidden = true;
  }

  async #saveAll() {
    this.#save.hidden = true;
    const sessions = await saveResults(this.#analyzedPhotos());
    const links = sessions.map(({ id, name }) => make("a", { href: `#/sessions/${id}` }, `Open ${name}`));
    this.#status.replaceChildren("Saved. ", ...links);
  }
}

/** Analyzes files that were given elsewhere, such as on the start page. @param {File[]} files */
export function addFiles(files) {
  analyze ??= new Analyze();
  analyze.add(files);
}
