/** @import { Side } from "./side.js" */
/** @import { TimeRange } from "../timeline/range.js" */
import { make } from "../../dom.js";
import { formatClock } from "../../format.js";
import { onColors } from "../../settings.js";
import { oncePerFrame } from "../../timing.js";
import { ComparedRow } from "./compared.js";
import { KEY_STEPS, placeOfKey } from "../timeline/cursor.js";
import { Plot } from "../timeline/plot.js";

/** @typedef {{side: Side, shift: number}} Placed `shift` is the time of the axis at which the side starts. */

const STEPS = [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200]; // seconds
const TICK = 90; // pixels from one time to the next, at least

/** The people of two sides as rows over one time axis, under one cursor. */
export class Aligned {
  /** @type {ComparedRow[]} */
  #rows = [];
  #zero = 0; // the axis' time that is called 0
  #isPainted = false;
  #axis = make("div", { class: "compare-axis", "aria-hidden": "true" });
  #body = make("div", { class: "rows" });
  #cursor = make("div", { class: "compare-cursor", role: "slider", tabindex: "0", "aria-label": "Time", "aria-valuemin": "0" });

  /** @param {TimeRange} time of the axis. @param {AbortSignal} signal */
  constructor(time, signal) {
    this.time = time;
    const column = make("div", { class: "compare-column" }), surface = make("div", { class: "compare-surface" });
    this.plot = new Plot(column, time, signal);
    this.element = make("div", { class: "aligned" }, this.#axis, this.#body,
      make("div", { class: "over" }, column, surface, this.#cursor));
    time.addEventListener("cursor", () => this.#schedule(false), { signal });
    time.addEventListener("range", () => this.#schedule(true), { signal });
    onColors(() => this.draw(), signal);
    this.plot.onResize(() => this.draw());
    this.#listen(surface);
  }

  /** @param {HTMLElement} surface over the charts. */
  #listen(surface) {
    const { time, plot } = this, go = (/** @type {number} */ x) => time.goTo(plot.timeOf(x));
    plot.onDrag(surface, { move: go, start: (x) => {
      go(x);
      this.#cursor.focus({ preventScroll: true });
    } });
    surface.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls the page
      event.preventDefault();
      time.zoom(event.deltaY > 0 ? 1.25 : 0.8, plot.timeOf(plot.pointerX(event)));
    }, { passive: false });
    this.#cursor.addEventListener("keydown", (event) => press(event, time));
  }

  /** Shows two sides. @param {Placed[]} placed @param {number} zero the axis' time that is called 0. */
  show(placed, zero) {
    this.#zero = zero;
    this.#rows = placed.flatMap(({ side: { model, people, letter }, shift }) =>
      (model ? people.map((person) => new ComparedRow(model, person, letter, shift)) : []));
    this.#body.replaceChildren(...this.#rows.map(({ element }) => element));
    this.draw();
  }

  /** Draws the charts anew, as other data, another size or other colours need. */
  draw() {
    for (const row of this.#rows) row.draw(this.time.span);
    this.#schedule(true);
  }

  /** @param {boolean} isPainted whether the charts show another range, too. */
  #schedule(isPainted) {
    this.#isPainted ||= isPainted;
    this.#showSoon();
  }

  #showSoon = oncePerFrame(() => {
    if (!this.element.isConnected) return;
    if (this.#isPainted) this.#paint();
    this.#isPainted = false;
    this.#showCursor();
  });

  #paint() {
    for (const row of this.#rows) row.paint(this.plot);
    const { time, plot } = this, from = time.from - this.#zero, to = time.to - this.#zero;
    const step = STEPS.find((seconds) => time.span / seconds <= plot.width / TICK) ?? STEPS[STEPS.length - 1];
    const ticks = [];
    for (let number = Math.ceil(from / step); number * step <= to; number++) {
      const tick = make("span", { class: "tick" }, formatOffset(number * step, step < 1));
      tick.style.transform = `translateX(${plot.xOf(number * step + this.#zero).toFixed(1)}px)`;
      ticks.push(tick);
    }
    this.#axis.replaceChildren(...ticks);
  }

  #showCursor() {
    const { time, plot } = this, cursor = this.#cursor;
    for (const row of this.#rows) row.showLabel(time.cursor);
    cursor.hidden = time.cursor < time.from || time.cursor > time.to;
    cursor.style.transform = `translateX(${plot.xOf(time.cursor).toFixed(1)}px)`;
    cursor.setAttribute("aria-valuemax", time.length.toFixed(2));
    cursor.setAttribute("aria-valuenow", time.cursor.toFixed(2));
    const texts = [formatOffset(time.cursor - this.#zero, true), ...this.#rows.map((row) => row.text)];
    cursor.setAttribute("aria-valuetext", texts.join("; "));
  }
}

/** "−0:02.5": a time before or after that at which both sides are aligned. @param {number} time @param {boolean} tenths */
const formatOffset = (time, tenths) => `${time < -0.05 ? "−" : ""}${formatClock(Math.abs(time), tenths)}`;

/** @param {KeyboardEvent} event @param {TimeRange} time */
function press(event, time) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const place = placeOfKey(event.key, time, time.span / KEY_STEPS);
  if (place === null) return;
  event.preventDefault();
  time.goTo(place);
}
