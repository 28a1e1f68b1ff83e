/** @import { Model } from "./model.js" */
import { make, makeChoice } from "../dom.js";
import { formatClock, formatPercent } from "../format.js";
import { makeSwatch } from "../labels.js";
import { drawChart, toTime, toX } from "./chart.js";
import { pointAt } from "./frames.js";

const SETTLED = 120; // milliseconds without another change before curves are loaded
const PAGE = 20; // steps that Page Up and Page Down take

/**
 * The chosen person's timeline: a slider that moves the cursor, below its tools.
 *
 * @param {Model} model
 * @param {() => void} onSpace what the space bar does here.
 */
export function makeTimeline(model, onSpace) {
  return make("section", { class: "card", "aria-label": "Timeline" },
    makeTools(model), makeSlider(model, onSpace));
}

/** The person, the zoom, the visible range and the visible labels. @param {Model} model */
function makeTools(model) {
  const { time } = model;
  /** @param {string} text @param {string} label @param {() => void} onclick */
  const button = (text, label, onclick) =>
    make("button", { type: "button", "aria-label": label, onclick }, text);
  const pan = make("input", { type: "range", class: "pan", step: "any", min: "0",
    "aria-label": "Visible range", oninput: () => { time.show(Number(pan.value), time.span); } });
  const zoomIn = button("+", "Zoom in", () => time.zoom(0.5));
  const zoomOut = button("−", "Zoom out", () => time.zoom(2));
  const all = button("All", "Show all", () => time.show(0, time.length));
  const show = () => {
    zoomOut.disabled = all.disabled = pan.hidden = time.isWhole;
    pan.max = `${time.length - time.span}`;
    pan.value = `${time.from}`;
  };
  model.onTime("range", show);
  show();
  return make("div", { class: "tools" },
    make("div", { class: "row" }, makePersonChoice(model), zoomIn, zoomOut, all, pan), makeLegend(model));
}

/** @param {Model} model */
function makePersonChoice(model) {
  const { element, select, fill } = makeChoice("Person", (value) => model.choose(Number(value)));
  const show = () => { select.value = `${model.person}`; };
  model.on("people", () => {
    fill(model.roots.map(({ number }) => ({ value: number, text: model.nameOf(number) })));
    element.hidden = !model.roots.length;
    show();
  });
  model.on("chosen", show);
  return element;
}

/** @param {Model} model */
function makeLegend(model) {
  const { labels } = model;
  const boxes = labels.map((label) => {
    const box = make("input", { type: "checkbox", checked: true, onchange: () => model.toggle(label) });
    return make("label", { class: "chip" }, box, makeSwatch(label, labels), label);
  });
  return make("fieldset", { class: "row legend" },
    make("legend", { class: "visually-hidden" }, "Visible labels"), ...boxes);
}

/** @param {Model} model @param {() => void} onSpace */
function makeSlider(model, onSpace) {
  const canvas = make("canvas", { "aria-hidden": "true" }), line = make("div", { class: "cursor" });
  const slider = make("div", { class: "timeline", role: "slider", tabindex: "0",
    "aria-label": "Timeline", "aria-valuemin": "0" }, canvas, line);
  const showCursor = () => updateCursor(slider, line, model);
  const draw = oncePerFrame(() => {
    if (slider.isConnected) drawChart(canvas, model);
    showCursor();
  });
  const load = debounce(() => model.loadCurves(slider.clientWidth), model.signal);
  for (const kind of ["detail", "curves", "chosen"]) model.on(kind, draw);
  model.onTime("range", draw);
  model.onTime("range", load);
  model.onTime("cursor", showCursor);
  model.on("stale", load);
  watchAppearance(slider, model.signal, () => {
    draw();
    load();
  });
  listenToPointer(slider, model);
  slider.addEventListener("keydown", (event) => press(event, model, onSpace));
  return slider;
}

/** Runs an action at most once per animation frame. @param {() => void} action */
function oncePerFrame(action) {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      action();
    });
  };
}

/** Runs an action once its calls pause. @param {() => void} action @param {AbortSignal} signal */
function debounce(action, signal) {
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, SETTLED);
  };
}

/** @param {HTMLElement} slider @param {HTMLElement} line @param {Model} model */
function updateCursor(slider, line, model) {
  const { time } = model;
  slider.setAttribute("aria-valuemax", time.length.toFixed(2));
  slider.setAttribute("aria-valuenow", time.cursor.toFixed(2));
  slider.setAttribute("aria-valuetext", `${formatClock(time.cursor, true)}, ${formatLabelAtCursor(model)}`);
  line.hidden = time.cursor < time.from || time.cursor > time.to;
  line.style.left = `${toX(time, time.cursor, slider.clientWidth)}px`;
}

/** @param {Model} model */
function formatLabelAtCursor({ curve, time, interval }) {
  const point = curve ? pointAt(curve, time.cursor, interval) : -1;
  if (!curve || point < 0) return "out of view";
  const label = curve.labels[point];
  return label in curve.values ? `${label} ${formatPercent(curve.values[label][point])}` : label;
}

/**
 * Calls back when an element's size or the colour scheme changes.
 *
 * @param {HTMLElement} element
 * @param {AbortSignal} signal
 * @param {() => void} onChange
 */
function watchAppearance(element, signal, onChange) {
  const observer = new ResizeObserver(onChange);
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange, { signal });
}

/** @param {HTMLElement} slider @param {Model} model */
function listenToPointer(slider, { time }) {
  /** @param {MouseEvent} event */
  const timeOf = (event) => {
    const box = slider.getBoundingClientRect();
    return Math.max(time.from, Math.min(toTime(time, event.clientX - box.left, box.width), time.to));
  };
  slider.addEventListener("pointerdown", (event) => {
    slider.setPointerCapture(event.pointerId);
    time.goTo(timeOf(event));
  });
  slider.addEventListener("pointermove", (event) => {
    if (slider.hasPointerCapture(event.pointerId)) time.goTo(timeOf(event));
  });
  slider.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls the page
    event.preventDefault();
    time.zoom(event.deltaY > 0 ? 1.25 : 0.8, timeOf(event));
  }, { passive: false });
}

/** @param {KeyboardEvent} event @param {Model} model @param {() => void} onSpace */
function press(event, { time, interval }, onSpace) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = Math.max(time.span / 200, interval);
  /** @param {number} steps */
  const by = (steps) => () => time.goTo(time.cursor + steps * step);
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowRight: by(1), ArrowUp: by(1), ArrowLeft: by(-1), ArrowDown: by(-1),
    PageUp: by(PAGE), PageDown: by(-PAGE),
    Home: () => time.goTo(0), End: () => time.goTo(time.length),
    "+": () => time.zoom(0.5), "=": () => time.zoom(0.5), "-": () => time.zoom(2),
    0: () => time.show(0, time.length), " ": onSpace,
  };
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}
