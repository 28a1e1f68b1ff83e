/** @import { Result } from "../src/types.js" */
/** @import { Lab } from "./main.js" */
import { makeBars } from "../../src/mien/server/page/js/bars.js";
import { make, makeChoice, saveFile } from "../../src/mien/server/page/js/dom.js";
import { formatCount, formatError, formatPercent } from "../../src/mien/server/page/js/format.js";
import { formatLabel, labelsOf, makeSwatch } from "../../src/mien/server/page/js/labels.js";
import { StatusLine } from "../../src/mien/server/page/js/notices.js";
import { makeOverlay } from "../../src/mien/server/page/js/overlay.js";
import { makeButton } from "../../src/mien/server/page/js/ui/button.js";
import { makeEmptyState } from "../../src/mien/server/page/js/ui/empty.js";
import { isVideo, makeFileButton } from "../../src/mien/server/page/js/ui/files.js";
import { Recording } from "./recording.js";
import { toCsv, toJsonLines } from "./records.js";

const RATES = [2, 5, 10, 15, 25, 30], USUAL_RATE = 10; // frames a second
const MOST_SHOWN = 6; // faces of a photo whose bars are shown

/** Photos and videos: one tile each, analyzed one after another. */
export class Files {
  #lab;
  #queue = /** @type {File[]} */ ([]);
  #photos = /** @type {Result[]} */ ([]);
  #urls = /** @type {string[]} */ ([]);
  #current = new AbortController();
  #isRunning = false;
  #done = 0;
  #total = 0;
  #fps = USUAL_RATE;
  #status = new StatusLine();
  #grid = make("ul", { class: "tiles" });
  #cancel = makeButton("Cancel", { icon: "x", onclick: () => this.#stop() });
  #saves = make("div", { class: "toolbar" },
    makeButton("CSV", { icon: "download", label: "Save photos' results as CSV", onclick: () => this.#save("csv") }),
    makeButton("JSON Lines", { icon: "download", label: "Save photos' results as JSON Lines", onclick: () => this.#save("jsonl") }),
    makeButton("Clear", { icon: "trash-2", kind: "quiet", onclick: () => this.#clear() }));
  #empty;
  #browse;

  /** @param {Lab} lab @param {HTMLElement} target takes what is dropped. */
  constructor(lab, target) {
    this.#lab = lab;
    const button = makeFileButton(target, (files) => this.add(files), { icon: "folder-open", kind: "primary" });
    const rate = makeChoice("Frames a second of videos", (value) => { this.#fps = Number(value); });
    rate.fill(RATES.map((value) => ({ value, text: `${value}` })), USUAL_RATE);
    this.#browse = () => button.querySelector("input")?.click();
    this.#empty = makeEmptyState("images", "Photos and videos",
      "Drop photos or videos anywhere, paste, or browse. They stay on this device.");
    this.element = make("section", { class: "files", "aria-label": "Files" },
      make("h1", { class: "visually-hidden" }, "Files"),
      make("div", { class: "toolbar" }, button, rate.element, make("span", { class: "gap" }), this.#status.element, this.#cancel, this.#saves),
      this.#empty, this.#grid);
    this.#refresh();
  }

  get isRunning() {
    return this.#isRunning;
  }

  browse() {
    this.#browse();
  }

  /** @param {File[]} files */
  add(files) {
    if (!files.length) return;
    this.#queue.push(...files);
    this.#total += files.length;
    this.#lab.open("files");
    if (!this.#isRunning) this.#run();
  }

  async #run() {
    this.#isRunning = true;
    for (let file = this.#queue.shift(); file; file = this.#queue.shift()) {
      this.#current = new AbortController();
      this.#refresh();
      await this.#analyze(file, this.#current.signal);
      this.#done++;
    }
    this.#isRunning = false;
    this.#refresh();
  }

  /** @param {File} file @param {AbortSignal} signal */
  async #analyze(file, signal) {
    const tile = new Tile(file);
    this.#grid.prepend(tile.element);
    this.#empty.hidden = true;
    try {
      if (isVideo(file)) await this.#analyzeVideo(file, tile, signal);
      else await this.#analyzePhoto(file, tile);
    } catch (error) {
      tile.fail(formatError(error));
    }
  }

  /** @param {File} file @param {Tile} tile */
  async #analyzePhoto(file, tile) {
    tile.wait("Analyzing …");
    const mien = await this.#lab.ready, result = await mien.analyze(file);
    const url = URL.createObjectURL(file);
    this.#urls.push(url);
    this.#photos.push(result);
    tile.showPhoto(url, result);
  }

  /** Every frame at the chosen rate, as a recording. @param {File} file @param {Tile} tile @param {AbortSignal} signal */
  async #analyzeVideo(file, tile, signal) {
    tile.wait("Opening …");
    const mien = await this.#lab.ready, { labels, attributes, modelName } = this.#lab;
    const length = await findLength(file);
    const recording = new Recording({ source: file.name, title: file.name, labels, attributes, model: modelName, video: file });
    for await (const result of mien.stream(file, { fps: this.#fps, signal })) {
      recording.add(result);
      tile.progress(length ? result.time / length : null, result.faces.length);
      if (recording.isFull) break;
    }
    if (!recording.results.length) return tile.fail("Cancelled");
    this.#lab.addRecording(recording, { isShown: false });
    tile.showVideo(recording, signal.aborted, () => this.#lab.open("recordings"));
  }

  #stop() {
    this.#total -= this.#queue.length;
    this.#queue = [];
    this.#current.abort();
  }

  #clear() {
    for (const url of this.#urls) URL.revokeObjectURL(url);
    [this.#urls, this.#photos, this.#done, this.#total] = [[], [], 0, 0];
    this.#grid.replaceChildren();
    this.#empty.hidden = false;
    this.#refresh();
  }

  /** @param {"csv"|"jsonl"} ending */
  #save(ending) {
    const text = ending === "csv" ? toCsv(this.#photos, this.#lab) : toJsonLines(this.#photos, this.#lab);
    saveFile(new Blob([text], { type: ending === "csv" ? "text/csv" : "application/jsonl" }), `photos.${ending}`);
  }

  #refresh() {
    this.#status.show(this.#isRunning ? `${this.#done + 1} of ${this.#total}`
      : this.#done ? `${formatCount(this.#done, "file")} analyzed` : "");
    this.#cancel.hidden = !this.#isRunning;
    this.#saves.hidden = this.#isRunning || !this.#grid.children.length;
    for (const button of this.#saves.querySelectorAll("button:not(.quiet)")) button.toggleAttribute("hidden", !this.#photos.length);
    this.#lab.refresh();
  }
}

/** One file: its image with boxes, what was detected, or why it cannot be read. */
class Tile {
  #body = make("div", { class: "body" });
  #status = make("p", { class: "muted small", role: "status" });
  #bar = make("progress", { max: 1, "aria-label": "Progress", hidden: true });

  /** @param {File} file */
  constructor(file) {
    this.element = make("li", { class: "card tile" }, make("p", { class: "name", title: file.name }, file.name),
      this.#body, this.#bar, this.#status);
  }

  /** @param {string} text */
  wait(text) {
    this.#status.textContent = text;
    this.#bar.hidden = false;
  }

  /** @param {?number} share null where it is unknown. @param {number} faces */
  progress(share, faces) {
    if (share !== null) this.#bar.value = Math.min(share, 1);
    this.#status.textContent = [share === null ? "" : formatPercent(Math.min(share, 1)), formatCount(faces, "face")]
      .filter(Boolean).join(" · ");
  }

  /** @param {string} message */
  fail(message) {
    this.#bar.hidden = true;
    this.#status.textContent = message;
    this.element.classList.add("failed");
  }

  /** @param {string} url @param {Result} result */
  showPhoto(url, result) {
    const overlay = makeOverlay(make("img", { src: url, alt: "", loading: "lazy" }));
    overlay.show(result);
    this.#bar.hidden = true;
    this.#status.textContent = result.faces.length ? "" : "No face detected";
    this.#body.replaceChildren(overlay.element, ...result.faces.slice(0, MOST_SHOWN).map(makeFace));
    const more = result.faces.length - MOST_SHOWN;
    if (more > 0) this.#status.textContent = `and ${formatCount(more, "more face")}`;
  }

  /** @param {Recording} recording @param {boolean} isCut @param {() => void} open */
  showVideo({ results, people }, isCut, open) {
    this.#bar.hidden = true;
    this.#status.textContent = [formatCount(results.length, "frame"), formatCount(people.length, "person", "people"),
      isCut ? "cancelled" : ""].filter(Boolean).join(" · ");
    this.#body.replaceChildren(makeButton("Open timeline", { icon: "layers", onclick: open }));
  }
}

/** @param {import("../src/types.js").Face} face @param {number} index */
function makeFace(face, index) {
  const label = make("span", { class: "chip" }, makeSwatch(face.emotion, labelsOf(face)), formatLabel(face));
  const bars = makeBars(make("div", { class: "row spread" }, label, make("span", { class: "muted" }, `Face ${index + 1}`)));
  bars.show(face);
  return make("div", { class: "face" }, bars.element, bars.button);
}

/** Seconds of a video; null where the browser does not know. @param {File} file @returns {Promise<?number>} */
async function findLength(file) {
  const video = make("video", { preload: "metadata" }), url = URL.createObjectURL(file);
  try {
    return await new Promise((resolve) => {
      video.addEventListener("loadedmetadata", () => resolve(Number.isFinite(video.duration) ? video.duration : null));
      video.addEventListener("error", () => resolve(null)); // the engine says why
      video.src = url;
    });
  } finally {
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}
