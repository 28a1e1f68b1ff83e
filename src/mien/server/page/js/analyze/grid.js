/** @import { Item } from "./item.js" */
import { make } from "../dom.js";
import { oncePerFrame } from "../timing.js";

const MIN_WIDTH = 10.5, GAP = .75, FOOT = 4.125; // rem: of a tile, between tiles, below a tile's image
const BORDER = 1; // pixels around a tile
const SHAPE = 3 / 4; // of a tile's image
const MARGIN = 400; // pixels beyond the window in which tiles exist, too

/**
 * @typedef {object} Tile one file, as the grid shows it.
 * @property {HTMLLIElement} element
 * @property {(size: {width: number, height: number}) => void} show draws it anew, its image in this
 *   size; to measure it would have the browser lay out the page for each tile.
 * @property {string} [place] where it lies, as the grid noted it.
 * @property {(isCurrent: boolean) => void} mark makes it the one that Tab reaches.
 * @property {() => void} focus
 * @property {() => void} release frees what it holds.
 */

/**
 * A grid of any number of files: only the tiles in view exist, and the current one, which keeps the
 * focus. Arrow keys move; Delete removes.
 */
export class Grid {
  /** @type {?Item} */
  current = null;
  /** @type {Item[]} */
  #items = [];
  /** @type {Map<Item, Tile>} */
  #tiles = new Map();
  #columns = 1;
  #rowHeight = 1;
  #imageSize = { width: 0, height: 0 };

  /**
   * @param {string} label for screen readers.
   * @param {(item: Item) => Tile} makeTile
   * @param {(item: Item) => void} onRemove
   */
  constructor(label, makeTile, onRemove) {
    this.makeTile = makeTile;
    this.onRemove = onRemove;
    this.element = make("ul", { class: "file-grid", "aria-label": label });
    this.element.addEventListener("keydown", (event) => this.#move(event));
    this.element.addEventListener("focusin", ({ target }) => {
      const [item] = [...this.#tiles].find(([, { element }]) => element.contains(/** @type {Node} */ (target))) ?? [];
      if (item && item !== this.current) this.#mark(item);
    });
  }

  /** Follows the window until `signal`; then its tiles are dropped. @param {AbortSignal} signal */
  attach(signal) {
    const schedule = () => this.#schedule();
    addEventListener("scroll", schedule, { signal, passive: true });
    addEventListener("resize", schedule, { signal });
    const observer = new ResizeObserver(schedule);
    observer.observe(this.element);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      for (const item of [...this.#tiles.keys()]) this.#drop(item);
    });
    this.#layOut();
  }

  /** @param {Item[]} items in their order. */
  show(items) {
    const hadFocus = this.element.contains(document.activeElement);
    const place = this.current ? this.#items.indexOf(this.current) : 0;
    this.#items = items;
    if (!this.current || !items.includes(this.current)) this.#mark(items[Math.min(place, items.length - 1)] ?? null);
    this.#layOut();
    for (const tile of this.#tiles.values()) tile.show(this.#imageSize);
    if (hadFocus && !this.element.contains(document.activeElement)) this.focus();
  }

  /** Draws a file anew, if it is in view. @param {Item} item */
  update(item) {
    this.#tiles.get(item)?.show(this.#imageSize);
  }

  /** Gives a file the focus, and brings it into view. @param {?Item} [item] by default the current one. */
  focus(item = this.current) {
    if (!item || !this.#items.includes(item)) return;
    this.#mark(item);
    this.#layOut();
    const tile = this.#tiles.get(item);
    tile?.focus();
    tile?.element.scrollIntoView({ block: "nearest" });
  }

  /** The file that lies so many places away; null beyond the ends. @param {Item} item @param {number} steps */
  neighbour(item, steps) {
    return this.#items[this.#items.indexOf(item) + steps] ?? null;
  }

  #schedule = oncePerFrame(() => this.#layOut());

  #layOut() {
    if (!this.element.isConnected) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const { top, width: space } = this.element.getBoundingClientRect(), gap = GAP * rem;
    this.#columns = Math.max(Math.floor((space + gap) / (MIN_WIDTH * rem + gap)), 2);
    const width = (space - gap * (this.#columns - 1)) / this.#columns, imageHeight = Math.round(width * SHAPE);
    const height = imageHeight + FOOT * rem + 2 * BORDER, rows = Math.ceil(this.#items.length / this.#columns);
    this.#rowHeight = height + gap;
    this.element.style.height = `${Math.max(rows * this.#rowHeight - gap, 0)}px`;
    this.element.style.setProperty("--tile-width", `${width}px`);
    this.element.style.setProperty("--tile-height", `${height}px`);
    const isResized = this.#imageSize.height !== imageHeight;
    this.#imageSize = { width: width - 2 * BORDER, height: imageHeight };
    if (isResized) for (const tile of this.#tiles.values()) tile.show(this.#imageSize);
    this.#fill(this.#visibleItems(top), width + gap);
  }

  /** @param {number} top of the grid in the window. @returns {Map<Item, number>} each with its place. */
  #visibleItems(top) {
    const first = Math.max(Math.floor((-top - MARGIN) / this.#rowHeight), 0) * this.#columns;
    const last = Math.ceil((innerHeight - top + MARGIN) / this.#rowHeight) * this.#columns;
    const visible = this.#items.slice(first, Math.max(last, first));
    const places = new Map(visible.map((item, index) => [item, first + index]));
    if (this.current) places.set(this.current, this.#items.indexOf(this.current));
    return new Map([...places].sort((one, other) => one[1] - other[1]));
  }

  /** Makes the elements' order that of the files, for the Tab key and for screen readers. @param {Map<Item, number>} places @param {number} step */
  #fill(places, step) {
    for (const item of [...this.#tiles.keys()]) if (!places.has(item)) this.#drop(item);
    let next = this.element.firstElementChild;
    for (const [item, place] of places) {
      const tile = this.#tiles.get(item) ?? this.#addTile(item);
      if (tile.element === next) next = next.nextElementSibling;
      else this.element.insertBefore(tile.element, next);
      this.#place(tile, place, step);
    }
  }

  /** Puts a tile where its place in the list is. @param {Tile} tile @param {number} place @param {number} step */
  #place(tile, place, step) {
    const x = (place % this.#columns) * step, y = Math.floor(place / this.#columns) * this.#rowHeight;
    const { length } = this.#items, key = `${place} ${length} ${x} ${y}`;
    if (tile.place === key) return; // it runs for each tile while the page scrolls
    tile.place = key;
    tile.element.style.left = `${x}px`;
    tile.element.style.top = `${y}px`;
    tile.element.ariaPosInSet = `${place + 1}`;
    tile.element.ariaSetSize = `${length}`;
  }

  /** @param {Item} item */
  #addTile(item) {
    const tile = this.makeTile(item);
    tile.mark(item === this.current);
    this.#tiles.set(item, tile);
    tile.show(this.#imageSize);
    return tile;
  }

  /** @param {Item} item */
  #drop(item) {
    const tile = this.#tiles.get(item);
    tile?.element.remove();
    tile?.release();
    this.#tiles.delete(item);
  }

  /** @param {?Item} item */
  #mark(item) {
    for (const [candidate, tile] of this.#tiles) tile.mark(candidate === item);
    this.current = item;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const { current } = this, { key, ctrlKey, metaKey, altKey } = event;
    if (!current || ctrlKey || metaKey || altKey) return;
    const place = this.#items.indexOf(current), last = this.#items.length - 1;
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: place - 1, ArrowRight: place + 1, ArrowUp: place - this.#columns,
      ArrowDown: Math.max(Math.min(place + this.#columns, last), place), Home: 0, End: last };
    if (key === "Delete") this.onRemove(current);
    else if (Object.hasOwn(places, key)) this.focus(this.#items[places[key]] ?? current);
    else return;
    event.preventDefault();
  }
}
