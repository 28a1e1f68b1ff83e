/** @import { TimeRange } from "./range.js" */
import { clamp } from "./range.js";

const CLICK = 4; // pixels that a pointer may move without dragging

/**
 * @typedef {object} Drag
 * @property {(x: number) => void} [start] the pointer is down.
 * @property {(x: number, startX: number) => void} move it moves, `CLICK` pixels or more from where it was down.
 * @property {(x: number, startX: number) => void} [drop]
 * @property {(x: number) => void} [click] it did not move.
 * @property {() => void} [cancel] the browser took the pointer, as for scrolling, or Escape was pressed.
 */

/** Where times lie in the column of the timeline's charts, in pixels from its left edge. */
export class Plot {
  width = 1;
  /** @type {(() => void)[]} */
  #onResize = [];

  /**
   * @param {HTMLElement} element as wide as a chart, at its left.
   * @param {TimeRange} time
   * @param {AbortSignal} signal
   */
  constructor(element, time, signal) {
    this.element = element;
    this.time = time;
    const observer = new ResizeObserver(() => {
      this.width = Math.max(element.clientWidth, 1);
      for (const action of this.#onResize) action();
    });
    observer.observe(element);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** @param {() => void} action */
  onResize(action) { this.#onResize.push(action); }

  /** @param {number} time */
  xOf(time) { return (time - this.time.from) / this.time.span * this.width; }

  /** @param {number} x */
  timeOf(x) { return clamp(this.time.from + x / this.width * this.time.span, 0, this.time.length); }

  /** The x of a pointer. @param {MouseEvent} event */
  pointerX({ clientX }) { return clientX - this.element.getBoundingClientRect().left; }

  /**
   * Tells drags from clicks on an element. x are in the plot.
   *
   * @param {HTMLElement} element
   * @param {Drag} drag
   */
  onDrag(element, { start, move, drop, click, cancel }) {
    let left = 0, startX = 0, isDragging = false, isDown = false;
    element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.stopPropagation(); // what lies under the element is not dragged with it
      element.setPointerCapture(event.pointerId);
      left = this.element.getBoundingClientRect().left; // once, for a move would have to lay out the page
      [startX, isDown, isDragging] = [event.clientX - left, true, false];
      start?.(startX);
    });
    element.addEventListener("pointermove", (event) => {
      if (!isDown) return;
      const x = event.clientX - left;
      isDragging ||= Math.abs(x - startX) >= CLICK;
      if (isDragging) move(x, startX);
    });
    element.addEventListener("pointerup", (event) => {
      if (!isDown) return;
      isDown = false;
      const x = event.clientX - left;
      if (isDragging) drop?.(x, startX);
      else click?.(x);
    });
    const stop = () => {
      if (isDown && isDragging) cancel?.();
      isDown = false;
    };
    element.addEventListener("pointercancel", stop);
    element.addEventListener("keydown", (event) => { if (event.key === "Escape") stop(); });
  }
}
