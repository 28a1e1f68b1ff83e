/** @import { Face, Frame } from "../types.js" */
/** @import { Model } from "./model.js" */
import { make } from "../dom.js";
import { makeFaceDetails } from "../face.js";
import { formatCount, formatPercent } from "../format.js";
import { colorElement, displayedOf, formatLabel, labelsOf, makeSwatch, UNSURE } from "../labels.js";
import { makeButton } from "../ui/button.js";
import { openDialog } from "../ui/dialog.js";

const PAGE = 500; // photos loaded at a time
const BATCH = 60; // cards added at a time
const NO_FACE = "no face";

/**
 * The results of a session of photos as a grid of cards: counts above, a filter by label, details on
 * click. The images themselves are not stored.
 *
 * @param {Model} model
 */
export function makePhotos(model) {
  const photos = new Photos(model);
  model.on("stale", () => photos.load());
  return photos.element;
}

class Photos {
  /** @type {Frame[]} */
  #photos = [];
  #filter = "";
  #displayed = 0;
  #isLoading = false;
  #facts = make("p", { class: "muted" });
  #filters = make("div", { class: "row", role: "group", "aria-label": "Filter by label" });
  #list = make("ul", { class: "photos" });
  #more = makeButton("Show more", { onclick: () => this.#showMore() });

  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.element = make("section", { class: "photo-results", "aria-label": "Photos" }, this.#facts, this.#filters, this.#list, this.#more);
    const observer = new IntersectionObserver(([{ isIntersecting }]) => { if (isIntersecting) this.#showMore(); });
    observer.observe(this.#more);
    model.signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Loads the photos that are not loaded yet. */
  async load() {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      for (let isMore = true; isMore && !this.model.signal.aborted;) {
        const after = this.#photos.at(-1)?.frame ?? -1;
        /** @type {?{frames: Frame[], next: ?number}} */
        const page = await this.model.get("/frames", { after, limit: PAGE });
        isMore = Boolean(page?.frames.length && page.next !== null);
        this.#photos.push(...page?.frames ?? []);
        this.#show();
      }
    } finally {
      this.#isLoading = false;
    }
  }

  /** Counts what is loaded, and adds cards up to a first screen. */
  #show() {
    const faces = this.#photos.flatMap((photo) => photo.faces);
    this.#facts.textContent = `${formatCount(this.#photos.length, "photo")} with ${formatCount(faces.length, "face")}. `
      + "The images are not stored; these are their results.";
    this.#filters.replaceChildren(...[["", this.#photos.length], ...countLabels(this.#photos, this.model.labels)]
      .map(([label, count]) => this.#makeFilter(`${label}`, Number(count))));
    if (!this.#displayed) this.#showMore();
    else this.#more.hidden = this.#displayed >= this.#matching().length;
  }

  /** @param {string} label @param {number} count */
  #makeFilter(label, count) {
    const button = makeButton(`${label || "All"} ${count}`, { kind: "quiet", onclick: () => {
      this.#filter = label;
      this.#displayed = 0;
      this.#list.replaceChildren();
      this.#show();
      /** @type {?HTMLElement} */ (this.#filters.querySelector("[aria-pressed=true]"))?.focus();
    } });
    button.setAttribute("aria-pressed", `${this.#filter === label}`);
    if (label && label !== NO_FACE) button.prepend(makeSwatch(label, this.model.labels));
    return button;
  }

  #matching() {
    return this.#photos.filter((photo) => !this.#filter || labelsIn(photo).includes(this.#filter));
  }

  #showMore() {
    const matching = this.#matching(), next = matching.slice(this.#displayed, this.#displayed + BATCH);
    this.#list.append(...next.map((photo) => makeCard(photo, this.model.signal)));
    this.#displayed += next.length;
    this.#more.hidden = this.#displayed >= matching.length;
  }
}

/** The labels of a photo's faces; "no face" where there is none. @param {Frame} photo */
const labelsIn = ({ faces }) => (faces.length ? faces.map(({ emotion }) => emotion) : [NO_FACE]);

/**
 * In how many photos each label is; without those that are in none.
 *
 * @param {Frame[]} photos
 * @param {string[]} labels of the model.
 * @returns {[string, number][]}
 */
function countLabels(photos, labels) {
  const all = photos.map((photo) => new Set(labelsIn(photo)));
  /** @param {string} label @returns {[string, number]} */
  const count = (label) => [label, all.filter((found) => found.has(label)).length];
  return [...labels, UNSURE, NO_FACE].map(count).filter(([, number]) => number);
}

/** @param {Frame} photo */
const nameOf = ({ source, frame }) => source ?? `Photo ${frame + 1}`;

/** @param {Frame} photo @param {AbortSignal} signal */
function makeCard(photo, signal) {
  const { faces } = photo, name = nameOf(photo);
  const rows = faces.map((face) => make("span", { class: "face" },
    make("span", { class: "chip" }, makeSwatch(face.emotion, labelsOf(face)), formatLabel(face)), makeBar(face)));
  const content = rows.length ? rows : [make("span", { class: "muted" }, "No face detected")];
  return make("li", {}, make("button", { type: "button", class: "photo", disabled: !faces.length, onclick: () => openPhoto(photo, signal) },
    make("span", { class: "name", dir: "auto", title: name }, name), ...content));
}

/** A face's probabilities as one bar. @param {Face} face */
function makeBar(face) {
  const labels = labelsOf(face);
  return make("span", { class: "bar", "aria-hidden": "true" }, ...Object.entries(displayedOf(face)).map(([label, share]) => {
    const part = colorElement(make("span", { title: `${label} ${formatPercent(share)}` }), label, labels);
    part.style.flexGrow = `${share}`;
    return part;
  }));
}

/** The faces of a photo, with the buttons that correct them. @param {Frame} photo @param {AbortSignal} signal */
function openPhoto(photo, signal) {
  const faces = photo.faces.map((face, index) => {
    const details = makeFaceDetails(`Face ${index + 1}`, () => (face.id === undefined ? null : { face: face.id }));
    details.show(face);
    return make("section", {}, ...details.elements);
  });
  openDialog(nameOf(photo), { side: true, signal }, ...faces);
}
