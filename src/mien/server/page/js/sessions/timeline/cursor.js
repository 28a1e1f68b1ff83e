/** @import { Model } from "../model.js" */
import { make } from "../../dom.js";
import { formatClock, formatPercent } from "../../format.js";
import { pointAt } from "../frames.js";
import { clamp } from "./range.js";

const PAGE = 20; // steps that Page Up and Page Down take
/** The steps of the visible range. */
export const KEY_STEPS = 200;

/**
 * The cursor over all rows: a slider for the keyboard, with a grip for the pointer.
 *
 * @param {Model} model
 * @param {import("./plot.js").Plot} plot
 */
export function makeCursor(model, plot) {
  const { time } = model, label = make("span", { class: "grip" });
  const slider = make("div", { class: "cursor", role: "slider", tabindex: "0", "aria-label": "Timeline",
    "aria-valuemin": "0", "aria-keyshortcuts": "Shift+ArrowRight Shift+ArrowLeft" }, label);
  const show = () => {
    slider.setAttribute("aria-valuemax", time.length.toFixed(2));
    slider.setAttribute("aria-valuenow", time.cursor.toFixed(2));
    slider.setAttribute("aria-valuetext", `${formatClock(time.cursor, true)}, ${formatLabelAtCursor(model)}`);
    label.textContent = formatClock(time.cursor, true);
    slider.classList.toggle("outside", time.cursor < time.from || time.cursor > time.to); // the keyboard still moves it
    slider.style.transform = `translateX(${clamp(plot.xOf(time.cursor), 0, plot.width).toFixed(1)}px)`;
  };
  for (const kind of ["detail", "curves", "chosen"]) model.on(kind, show);
  for (const kind of /** @type {const} */ (["range", "cursor"])) model.onTime(kind, show);
  plot.onResize(show);
  let grab = 0; // from the pointer to the cursor
  plot.onDrag(slider, {
    start: (x) => {
      grab = plot.xOf(time.cursor) - x;
      slider.focus({ preventScroll: true });
    },
    move: (x) => time.goTo(Math.max(time.from, Math.min(plot.timeOf(x + grab), time.to))),
  });
  slider.addEventListener("keydown", (event) => press(event, model));
  return slider;
}

/** @param {Model} model */
function formatLabelAtCursor({ curve, time, interval }) {
  const point = curve ? pointAt(curve, time.cursor, interval) : -1;
  if (!curve || point < 0) return "out of view";
  const label = curve.labels[point];
  return label in curve.values ? `${label} ${formatPercent(curve.values[label][point])}` : label;
}

/**
 * Where a key moves the cursor to; null for another key.
 *
 * @param {string} key
 * @param {import("./range.js").TimeRange} time
 * @param {number} step seconds.
 */
export function placeOfKey(key, time, step) {
  /** @type {Record<string, number>} */
  const places = {
    ArrowRight: time.cursor + step, ArrowUp: time.cursor + step,
    ArrowLeft: time.cursor - step, ArrowDown: time.cursor - step,
    PageUp: time.cursor + PAGE * step, PageDown: time.cursor - PAGE * step,
    Home: 0, End: time.length,
  };
  return Object.hasOwn(places, key) ? places[key] : null;
}

/**
 * Moves the cursor; with Shift it selects from where it was.
 *
 * @param {KeyboardEvent} event
 * @param {Model} model
 */
function press(event, { time, interval }) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const place = placeOfKey(event.key, time, Math.max(time.span / KEY_STEPS, interval));
  if (place === null) return;
  event.preventDefault();
  const { cursor, selection } = time;
  time.goTo(place);
  if (!event.shiftKey) return;
  time.select(selection && cursor === selection.from ? selection.to : selection?.from ?? cursor, time.cursor);
}
