/** @import { Face } from "../types.js" */
/** @import { Item } from "./item.js" */
import { settings } from "../settings.js";
import { facesOf, findDominant } from "./faces.js";

const REFRESH_DELAY = 150; // milliseconds in which changes of many items are taken together

/**
 * Which files are shown.
 *
 * @typedef {object} Filter
 * @property {string} group "" for all; "label:happy", "none" (no face), "failed", "video", "corrected".
 * @property {string} text that the name contains.
 * @property {number} low the least confidence, from 0 to 1, of a face that counts.
 * @property {number} high the greatest.
 *
 * @typedef {"added"|"name"|"label"|"low"|"high"} Order "low" and "high" by confidence.
 *
 * @typedef {object} Counts
 * @property {number} files
 * @property {number} over how many are done, failed or cancelled.
 * @property {number} faces
 * @property {Map<string, number>} groups how many faces have a label, and how many files are in each other group.
 */

const collator = new Intl.Collator([], { numeric: true });

/** @type {Readonly<Filter>} */
const NO_FILTER = { group: "", text: "", low: 0, high: 1 };

/**
 * The files of Analyze, those that are shown, and their counts. Events: "item" (one changed; its
 * `detail`), "list" (what is shown, its order or the counts changed).
 */
export class Collection extends EventTarget {
  /** @type {Item[]} in the order in which they were added. */
  items = [];
  /** @type {Item[]} those that match the filter, in the chosen order. */
  shown = [];
  /** @type {Readonly<Filter>} */
  filter = NO_FILTER;
  /** @type {Order} */
  order = "added";
  /** @type {Counts} */
  counts = { files: 0, over: 0, faces: 0, groups: new Map() };
  /** @type {?number} */
  #timer = null;

  constructor() {
    super();
    settings.on(["threshold"], () => this.refresh());
  }

  get isFiltered() {
    return Object.entries(NO_FILTER).some(([name, value]) => this.filter[/** @type {keyof Filter} */ (name)] !== value);
  }

  /** @param {Item[]} items */
  add(items) {
    this.items = [...this.items, ...items];
    this.refresh();
  }

  /** @param {Item} item @returns {() => void} puts it back where it was. */
  remove(item) {
    const place = this.items.indexOf(item);
    this.items = this.items.filter((other) => other !== item);
    this.refresh();
    return () => {
      this.items = this.items.toSpliced(place, 0, item);
      this.refresh();
    };
  }

  /** @returns {() => void} puts all back. */
  clear() {
    const { items } = this;
    this.items = [];
    this.filter = NO_FILTER;
    this.refresh();
    return () => this.add(items);
  }

  /** @param {Partial<Filter>} changes */
  choose(changes) {
    this.filter = { ...this.filter, ...changes };
    this.refresh();
  }

  showAll() {
    this.choose(NO_FILTER);
  }

  /** @param {Order} order */
  sort(order) {
    this.order = order;
    this.refresh();
  }

  /** Tells that an item changed; the list follows a little later, for there may be thousands. @param {Item} item */
  change(item) {
    this.dispatchEvent(new CustomEvent("item", { detail: item }));
    this.#timer ??= setTimeout(() => this.refresh(), REFRESH_DELAY);
  }

  /** Works out at once what is shown. */
  refresh() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const entries = this.items.map((item) => ({ item, faces: facesOf(item, settings.values.threshold) }));
    this.counts = count(entries);
    this.shown = arrange(entries.filter((entry) => matches(entry, this.filter)), this.order);
    this.dispatchEvent(new Event("list"));
  }
}

/** @typedef {{item: Item, faces: Face[]}} Entry */

/** The groups of files that an item is in, besides those of its faces' labels. @param {Item} item */
const groupsOf = ({ state, isVideo, result, corrections }) => [
  isVideo ? "video" : "", state === "failed" ? "failed" : "", state === "cancelled" ? "cancelled" : "",
  result && !result.faces.length ? "none" : "", corrections.size ? "corrected" : ""].filter(Boolean);

/** @param {Entry[]} entries @returns {Counts} */
function count(entries) {
  /** @type {Map<string, number>} */
  const groups = new Map();
  /** @param {string} group @param {number} number */
  const add = (group, number) => groups.set(group, (groups.get(group) ?? 0) + number);
  for (const { item, faces } of entries) {
    for (const group of groupsOf(item)) add(group, 1);
    for (const { emotion } of faces) add(`label:${emotion}`, 1);
  }
  return { files: entries.length, over: entries.filter(({ item }) => item.isOver).length,
    faces: entries.reduce((sum, { faces }) => sum + faces.length, 0), groups };
}

/** @param {Entry} entry @param {Filter} filter */
function matches({ item, faces }, { group, text, low, high }) {
  if (text && !item.name.toLocaleLowerCase().includes(text.toLocaleLowerCase())) return false;
  const label = group.startsWith("label:") ? group.slice("label:".length) : null;
  if (group && label === null && !groupsOf(item).includes(group)) return false;
  if (label === null && low === 0 && high === 1) return true;
  return faces.some(({ emotion, confidence }) =>
    (label === null || emotion === label) && confidence >= low && confidence <= high);
}

/** @param {Entry[]} entries @param {Order} order @returns {Item[]} */
function arrange(entries, order) {
  if (order === "added") return entries.map(({ item }) => item);
  const keyed = entries.map(({ item, faces }) => ({ item, face: findDominant(faces) }));
  /** @typedef {typeof keyed[number]} Keyed */
  /** @type {Record<string, (first: Keyed, second: Keyed) => number>} */
  const comparisons = {
    name: (first, second) => collator.compare(first.item.name, second.item.name),
    label: (first, second) => compareLabels(first.face, second.face) || byConfidence(second.face, first.face),
    low: (first, second) => byConfidence(first.face, second.face),
    high: (first, second) => byConfidence(second.face, first.face),
  };
  if (order === "name") return keyed.sort(comparisons.name).map(({ item }) => item);
  const groups = Map.groupBy(keyed, ({ face }) => face !== null);
  return [...(groups.get(true) ?? []).sort(comparisons[order]), ...groups.get(false) ?? []].map(({ item }) => item);
}

/** @param {?Face} first @param {?Face} second */
const byConfidence = (first, second) => (first?.confidence ?? 0) - (second?.confidence ?? 0);

/** @param {?Face} first @param {?Face} second */
function compareLabels(first, second) {
  return first?.emotion === second?.emotion ? 0 : collator.compare(first?.emotion ?? "", second?.emotion ?? "");
}
