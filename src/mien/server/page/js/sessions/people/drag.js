import { make } from "../../dom.js";

const START = 6; // pixels that a pointer moves before it drags
const EDGE = 72, SCROLL = 10; // pixels: near the window's edge, the page scrolls by so many a frame

/**
 * @typedef {object} Draggable
 * @property {string} text what is dragged; it follows the pointer.
 * @property {(target: string) => boolean} accepts whether it may be dropped on a `data-drop`.
 * @property {(target: string) => void} drop
 */

/**
 * Lets mouse, pen and finger drag an element onto others that have a `data-drop`. Escape cancels.
 * Dragging has no place on the keyboard: whoever uses this offers a menu, too.
 *
 * @param {HTMLElement} handle
 * @param {HTMLElement} area gets the class "dragging" meanwhile, with what is dragged.
 * @param {Draggable} draggable
 */
export function makeDraggable(handle, area, draggable) {
  handle.classList.add("drag-handle");
  handle.addEventListener("dragstart", (event) => event.preventDefault()); // of an image
  handle.addEventListener("pointerdown", (event) => {
    if (event.button || !(event.target instanceof Element) || event.target.closest("input, .menu")) return;
    event.stopPropagation(); // what the element lies in is not dragged with it
    new Dragging(handle, area, draggable, event);
  });
}

class Dragging {
  #end = new AbortController();
  /** @type {?HTMLElement} follows the pointer. */
  #ghost = null;
  /** @type {?HTMLElement} */
  #target = null;
  #at = { x: 0, y: 0 };

  /**
   * @param {HTMLElement} handle
   * @param {HTMLElement} area
   * @param {Draggable} draggable
   * @param {PointerEvent} down
   */
  constructor(handle, area, draggable, down) {
    this.handle = handle;
    this.area = area;
    this.draggable = draggable;
    this.down = down;
    const { signal } = this.#end, cancel = () => this.#stop();
    addEventListener("pointermove", (event) => this.#move(event), { signal });
    addEventListener("pointerup", () => this.#drop(), { signal });
    addEventListener("pointercancel", cancel, { signal }); // the browser scrolls
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#ghost) return;
      event.preventDefault();
      cancel();
    }, { signal, capture: true });
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { clientX: x, clientY: y, pointerId } = event;
    if (pointerId !== this.down.pointerId) return;
    this.#at = { x, y };
    if (!this.#ghost) {
      if (Math.hypot(x - this.down.clientX, y - this.down.clientY) < START) return;
      this.#start();
    }
    this.#ghost?.style.setProperty("transform", `translate(${x + 12}px, ${y + 12}px)`);
    this.#aim();
  }

  /** Marks what is under the pointer, where it may be dropped there. */
  #aim() {
    const found = document.elementFromPoint(this.#at.x, this.#at.y)?.closest("[data-drop]");
    const target = found instanceof HTMLElement && this.draggable.accepts(found.dataset.drop ?? "") ? found : null;
    if (target === this.#target) return;
    this.#target?.classList.remove("drop-target");
    target?.classList.add("drop-target");
    this.#target = target;
  }

  /** Scrolls while the pointer stays near the window's edge, unless it has found where to drop. */
  #scroll() {
    if (this.#end.signal.aborted) return;
    const { y } = this.#at, step = y < EDGE ? -SCROLL : y > innerHeight - EDGE ? SCROLL : 0;
    if (step && !this.#target) {
      scrollBy(0, step);
      this.#aim();
    }
    requestAnimationFrame(() => this.#scroll());
  }

  #start() {
    this.#ghost = make("div", { class: "drag-ghost", "aria-hidden": "true" }, this.draggable.text);
    document.body.append(this.#ghost);
    this.area.classList.add("dragging");
    this.handle.classList.add("dragged");
    for (const place of this.#places()) place.classList.toggle("accepts", this.draggable.accepts(place.dataset.drop ?? ""));
    this.#scroll();
  }

  #drop() {
    const target = this.#ghost && this.#target?.dataset.drop;
    if (this.#ghost) swallowClick();
    this.#stop();
    if (target != null) this.draggable.drop(target);
  }

  #stop() {
    this.#end.abort();
    this.#ghost?.remove();
    this.#target?.classList.remove("drop-target");
    this.area.classList.remove("dragging");
    this.handle.classList.remove("dragged");
    for (const place of this.#places()) place.classList.remove("accepts");
  }

  /** @returns {HTMLElement[]} */
  #places() { return [...this.area.querySelectorAll("[data-drop]")].map((place) => /** @type {HTMLElement} */ (place)); }
}

/** The click that ends a drag presses no button. */
function swallowClick() {
  const end = new AbortController();
  addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true, signal: end.signal });
  setTimeout(() => end.abort()); // the browser sends it at once
}
