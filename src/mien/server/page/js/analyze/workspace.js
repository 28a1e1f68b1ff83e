import { make, saveFile } from "../dom.js";
import { formatCount, formatStamp } from "../format.js";
import { notify, notifyError } from "../notices.js";
import { profile } from "../profile/current.js";
import { loadCatalog, settings } from "../settings.js";
import { makeButton } from "../ui/button.js";
import { makeEmptyState } from "../ui/empty.js";
import { isVideo } from "../ui/files.js";
import { archiveAnnotated } from "./annotated.js";
import { Collection } from "./collection.js";
import { Detail } from "./detail.js";
import { Grid } from "./grid.js";
import { formatSkipped, loadSample, makeIntake, sortOut } from "./intake.js";
import { Item } from "./item.js";
import { analyzePhoto } from "./photo.js";
import { Queue } from "./queue.js";
import { analyzedOf, makeRecords, saveResults } from "./results.js";
import { Thumbnails } from "./thumbnails.js";
import { makeTile } from "./tile.js";
import { makeToolbar } from "./toolbar.js";
import { analyzeVideo } from "./video.js";

const PHOTOS_AT_ONCE = 3; // one is uploaded while others are analyzed

/** The files of Analyze and all that is done with them; it outlives the view. */
export class Workspace {
  #collection = new Collection();
  #photos = new Queue(PHOTOS_AT_ONCE);
  #videos = new Queue(1);
  #thumbnails = new Thumbnails();
  #grid = new Grid("Files", (item) => this.#makeTile(item), (item) => this.#remove(item));
  #empty = make("div", { class: "no-match", hidden: true }, makeEmptyState("search", "No file matches",
    "Another filter shows more.", makeButton("Show all", { onclick: () => this.#collection.showAll() })));
  /** @type {?Detail} */
  #detail = null;
  #reading = make("p", { class: "reading muted", role: "status" });
  #left = new AbortController();
  #scroll = 0;

  constructor() {
    this.element = make("div", { class: "workspace" });
    this.intake = makeIntake(this.element, (files) => this.add(files), () => this.addSample());
    this.toolbar = makeToolbar(this.#collection, {
      addFiles: this.intake.browseFiles, addFolder: this.intake.browseFolder,
      cancel: () => this.#collection.items.forEach((item) => item.cancel()), save: () => this.#save(),
      download: (format) => this.#download(format), downloadImages: () => this.#downloadImages(),
      again: () => this.#again(), clear: () => this.#clear(),
    });
    this.element.append(make("h1", { class: "visually-hidden" }, "Analyze"),
      this.#reading, this.intake.element, this.toolbar.element, this.#empty, this.#grid.element);
    this.element.addEventListener("drop", () => { this.#reading.textContent = "Reading the dropped files …"; }); // a large folder takes seconds
    this.#collection.addEventListener("list", () => this.#show());
    this.#collection.addEventListener("item", (event) => this.#showItem(/** @type {CustomEvent<Item>} */ (event).detail));
    this.#show();
    profile.load().catch(notifyError);
  }

  /** @param {HTMLElement} root @returns {() => void} */
  mount(root) {
    this.#left = new AbortController();
    root.append(this.element);
    this.#grid.attach(this.#left.signal);
    scrollTo(0, this.#scroll);
    return () => {
      this.#scroll = scrollY;
      this.#left.abort();
      this.element.remove();
    };
  }

  /** @param {File[]} files */
  async add(files) {
    const { taken, skipped } = sortOut(files), wasEmpty = !this.#collection.items.length;
    this.#reading.textContent = "";
    if (skipped.length) notify(formatSkipped(skipped), taken.length ? "note" : "alert");
    const items = taken.map((file) => this.#makeItem(file));
    this.#collection.add(items);
    await loadCatalog().catch(notifyError); // a choice that the server no longer offers is forgotten
    for (const item of items) if (!item.isOver) this.#start(item); // it may be cancelled by now
    if (wasEmpty && items.length === 1 && this.element.isConnected && !items[0].isVideo) this.#open(items[0]);
  }

  addSample() {
    return loadSample().then((files) => this.add(files)).catch(notifyError);
  }

  /** @param {File} file */
  #makeItem(file) {
    const isMoving = isVideo(file);
    return new Item(file, isMoving, isMoving ? analyzeVideo : analyzePhoto, isMoving ? this.#videos : this.#photos,
      (item) => this.#collection.change(item));
  }

  /** @param {Item} item */
  #start(item) {
    item.start({ ...settings.choice, profile: profile.name || null });
  }

  #again() {
    for (const item of this.#collection.items) if (item.isOver) this.#start(item);
  }

  /** @param {Item} item */
  #makeTile(item) {
    return makeTile(item, { thumbnails: this.#thumbnails, onOpen: () => this.#open(item), onRetry: () => this.#start(item) });
  }

  #show() {
    const { items, shown } = this.#collection, isEmpty = !items.length;
    this.intake.element.hidden = !isEmpty;
    this.toolbar.element.hidden = isEmpty;
    this.#empty.hidden = isEmpty || shown.length > 0;
    this.#grid.show(shown);
  }

  /** @param {Item} item */
  #showItem(item) {
    this.#grid.update(item);
    this.#detail?.update(item);
  }

  /** @param {Item} item */
  #open(item) {
    if (this.#detail?.isOpen) return;
    this.#detail = new Detail(item, {
      neighbour: (from, steps) => this.#grid.neighbour(from, steps),
      placeOf: (of) => {
        const { shown } = this.#collection; // a removal changes it
        return `${shown.indexOf(of) + 1} of ${shown.length}`;
      },
      onRemove: (removed) => this.#remove(removed),
      onRetry: (failed) => this.#start(failed),
      onClose: (last) => this.#grid.focus(last),
      signal: this.#left.signal,
    });
  }

  /** @param {Item} item */
  #remove(item) {
    item.cancel();
    notify(`Removed ${item.name}.`, "note", this.#collection.remove(item));
  }

  #clear() {
    const text = `Cleared ${formatCount(this.#collection.items.length, "file")}.`;
    this.toolbar.tell();
    notify(text, "note", this.#collection.clear());
  }

  async #save() {
    const photos = analyzedOf(this.#collection.shown);
    try {
      const sessions = await saveResults(photos);
      const links = sessions.map(({ id, name }) => make("a", { href: `#/sessions/${id}`, dir: "auto" }, `Open ${name}`));
      this.toolbar.tell("Saved, without the images. ", ...links.flatMap((link) => [link, " "]));
    } catch (error) {
      notifyError(error);
    }
  }

  /** @param {string} format */
  async #download(format) {
    try {
      for (const { blob, name } of await makeRecords(analyzedOf(this.#collection.shown), format)) saveFile(blob, name);
    } catch (error) {
      notifyError(error);
    }
  }

  async #downloadImages() {
    const photos = analyzedOf(this.#collection.shown), end = new AbortController();
    const stop = makeButton("Cancel", { kind: "link", onclick: () => end.abort() });
    /** @param {number} done */
    const onProgress = (done) => this.toolbar.tell(`Drawing ${done + 1} of ${formatCount(photos.length, "image")} `, stop);
    try {
      const { archive, left } = await archiveAnnotated(photos, onProgress, end.signal);
      saveFile(archive, `mien-${formatStamp()}.zip`);
      if (left) notify(`${formatCount(left, "photo")} left out: this browser cannot display the format.`, "alert");
    } catch (error) {
      notifyError(error);
    }
    this.toolbar.tell();
  }
}
