import { make } from "../dom.js";
import { clock, percent } from "../format.js";
import { pointAt } from "./curves.js";
import { drawTimeline, toTime, toX } from "./draw.js";

const SETTLED = 120; // milliseconds without another change before the server is asked
const PAGE = 20; // steps that Page Up and Page Down take

/**
 * The chosen person's timeline, as a slider that moves the cursor.
 *
 * @param {import("./model.js").Model} model
 * @param {() => void} onSpace what the space bar does here.
 */
export function makeTrack(model, onSpace) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const line = make("div", { class: "cursor" });
  const track = make("div", { class: "timeline", role: "slider", tabindex: "0",
    "aria-label": "Timeline", "aria-valuemin": "0" }, canvas, line);
  const tell = () => tellCursor(track, line, model);
  const draw = oncePerFrame(() => {
    if (track.isConnected) drawTimeline(canvas, model);
    tell();
  });
  for (const kind of ["detail", "curves", "chosen"]) model.on(kind, draw);
  model.onTime("range", draw);
  model.onTime("cursor", tell);
  const ask = makeSettler(track, model);
  model.onTime("range", ask);
  model.on("stale", ask);
  watchLook(track, model.signal, () => { draw(); ask(); });
  listenToPointer(track, model.time);
  track.addEventListener("keydown", (event) => press(event, model, onSpace));
  return track;
}

function oncePerFrame(action) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      action();
    });
  };
}

function tellCursor(track, line, model) {
  const { time } = model;
  track.setAttribute("aria-valuemax", time.length.toFixed(2));
  track.setAttribute("aria-valuenow", time.cursor.toFixed(2));
  track.setAttribute("aria-valuetext", `${clock(time.cursor, true)}, ${sayShown(model)}`);
  line.hidden = time.cursor < time.from || time.cursor > time.to;
  line.style.left = `${toX(time, time.cursor, track.clientWidth)}px`;
}

function sayShown({ curve, time, interval }) {
  const point = curve ? pointAt(curve, time.cursor, interval) : -1;
  if (point < 0) return "not in view";
  const label = curve.labels[point];
  return `${label}${label in curve.values ? ` ${percent(curve.values[label][point])}` : ""}`;
}

/** Zooming and resizing ask for what is shown then, once that holds still. */
function makeSettler(track, model) {
  let waiting;
  model.signal.addEventListener("abort", () => clearTimeout(waiting));
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => model.loadCurves(track.clientWidth), SETTLED);
  };
}

/** Calls for a new drawing where the page gets another size, or other colours. */
function watchLook(track, signal, draw) {
  const sizes = new ResizeObserver(draw);
  sizes.observe(track);
  signal.addEventListener("abort", () => sizes.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw, { signal });
}

function listenToPointer(track, time) {
  const timeOf = (event) => {
    const box = track.getBoundingClientRect();
    const found = toTime(time, event.clientX - box.left, box.width);
    return Math.max(time.from, Math.min(found, time.to));
  };
  track.addEventListener("pointerdown", (event) => {
    track.setPointerCapture(event.pointerId);
    time.goTo(timeOf(event));
  });
  track.addEventListener("pointermove", (event) => {
    if (track.hasPointerCapture(event.pointerId)) time.goTo(timeOf(event));
  });
  track.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls the page
    event.preventDefault();
    time.zoom(event.deltaY > 0 ? 1.25 : 0.8, timeOf(event));
  }, { passive: false });
}

function press(event, { time, interval }, onSpace) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = Math.max(time.span / 200, interval);
  const by = (steps) => () => time.goTo(time.cursor + steps * step);
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
