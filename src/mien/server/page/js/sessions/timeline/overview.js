/** @import { Model } from "../model.js" */
/** @import { Plot } from "./plot.js" */
import { contextOf } from "../../canvas.js";
import { make } from "../../dom.js";
import { formatClock } from "../../format.js";
import { onColors } from "../../settings.js";
import { drawLayer } from "./chart.js";

const PART = 0.1; // of the visible range, that an arrow key moves it

/**
 * The whole session in one strip of the chosen person's labels, with the visible range as a window to move.
 *
 * @param {Model} model
 * @param {Plot} plot
 */
export function makeOverview(model, plot) {
  const { time, signal } = model, canvas = make("canvas", { "aria-hidden": "true" });
  const visible = make("div", { class: "window", role: "slider", tabindex: "0", "aria-label": "Visible range", "aria-valuemin": "0" });
  const element = make("div", { class: "overview" }, canvas, visible);
  const show = () => {
    visible.style.left = `${100 * time.from / time.length}%`;
    visible.style.width = `${100 * time.span / time.length}%`;
    visible.setAttribute("aria-valuemax", (time.length - time.span).toFixed(2));
    visible.setAttribute("aria-valuenow", time.from.toFixed(2));
    visible.setAttribute("aria-valuetext", `${formatClock(time.from, true)} to ${formatClock(time.to, true)}`);
    element.classList.toggle("whole", time.isWhole);
  };
  const draw = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    const curve = model.overview.find(({ person }) => person === model.person);
    const { canvas: layer } = drawLayer(curve, { from: 0, to: time.length }, { width, height },
      { hidden: new Set(), interval: model.interval, isStrip: true });
    canvas.width = layer.width;
    canvas.height = layer.height;
    contextOf(canvas).drawImage(layer, 0, 0);
  };
  model.onTime("range", show);
  for (const kind of ["curves", "chosen"]) model.on(kind, draw);
  plot.onResize(draw);
  onColors(draw, signal);
  listen(element, visible, model, plot);
  show();
  return element;
}

/** @param {HTMLElement} element @param {HTMLElement} visible @param {Model} model @param {Plot} plot */
function listen(element, visible, { time }, plot) {
  /** The time in the whole session. @param {number} x */
  const timeOf = (x) => x / plot.width * time.length;
  let grab = 0;
  plot.onDrag(element, {
    start: (x) => {
      const at = timeOf(x), isInside = at >= time.from && at <= time.to;
      grab = isInside ? time.from - at : -time.span / 2;
      if (!isInside) time.show(at + grab, time.span);
    },
    move: (x) => time.show(timeOf(x) + grab, time.span),
    click: (x) => { if (time.isWhole) time.goTo(timeOf(x)); },
  });
  visible.addEventListener("keydown", (event) => {
    const step = event.key.startsWith("Page") ? time.span : PART * time.span;
    /** @type {Record<string, number>} */
    const places = { ArrowRight: time.from + step, ArrowUp: time.from + step, PageUp: time.from + step, Home: 0,
      ArrowLeft: time.from - step, ArrowDown: time.from - step, PageDown: time.from - step, End: time.length };
    if (!Object.hasOwn(places, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    time.show(places[event.key], time.span);
  });
}
