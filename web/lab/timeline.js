/** @import { Recording } from "./recording.js" */
import { prepareCanvas } from "../../src/mien/server/page/js/canvas.js";
import { make } from "../../src/mien/server/page/js/dom.js";
import { formatClock } from "../../src/mien/server/page/js/format.js";
import { colorElement, UNSURE } from "../../src/mien/server/page/js/labels.js";
import { pointAt } from "../../src/mien/server/page/js/sessions/frames.js";
import { drawLayer, drawTimes, paintLayer, paintMarkers } from "../../src/mien/server/page/js/sessions/timeline/chart.js";
import { Plot } from "../../src/mien/server/page/js/sessions/timeline/plot.js";
import { TimeRange } from "../../src/mien/server/page/js/sessions/timeline/range.js";
import { oncePerFrame } from "../../src/mien/server/page/js/timing.js";
import { makeButton } from "../../src/mien/server/page/js/ui/button.js";
import { curveOf } from "./figures.js";
import { nameOf } from "./recording.js";

const HIDDEN = new Set(); // labels that are not drawn: none
const ZOOM = 2;
const darkness = matchMedia("(prefers-color-scheme: dark)");

/** A row a person on one axis of times, with the markers and a cursor. Event "cursor": it moved. */
export class Timeline extends EventTarget {
  /** The visible range and the cursor. */
  time;
  #recording;
  #lanes;
  #plot;
  #axis = make("canvas", { "aria-hidden": "true" });
  #cursor = make("i", { class: "cursor", "aria-hidden": "true" });
  #slider = make("input", { type: "range", min: 0, step: "any", "aria-label": "Time",
    oninput: () => this.time.goTo(Number(this.#slider.value)) });
  #clock = make("span", { class: "number" });
  #draw = oncePerFrame(() => this.#paint());

  /** @param {Recording} recording @param {AbortSignal} signal ends it. */
  constructor(recording, signal) {
    super();
    this.#recording = recording;
    this.time = new TimeRange(Math.max(recording.length, recording.interval));
    this.#lanes = recording.people.map((person) => new Lane(recording, person));
    const times = make("div", { class: "chart axis" }, this.#axis, this.#cursor);
    this.#plot = new Plot(times, this.time, signal);
    this.element = make("div", { class: "recording-timeline" }, this.#makeTools(),
      ...this.#lanes.map(({ element }) => element), make("div", { class: "lane" }, make("span"), times));
    this.#slider.max = `${this.time.length}`;
    for (const chart of [times, ...this.#lanes.map((lane) => lane.chart)]) this.#listenTo(chart);
    this.#plot.onResize(this.#draw);
    this.time.addEventListener("range", this.#draw);
    this.time.addEventListener("cursor", () => {
      this.#showCursor();
      this.dispatchEvent(new Event("cursor"));
    });
    darkness.addEventListener("change", this.#draw, { signal });
    this.#showCursor();
  }

  /** Draws the markers anew. */
  refresh() {
    this.#draw();
  }

  #makeTools() {
    const { time } = this;
    return make("div", { class: "toolbar" }, this.#clock, this.#slider, make("span", { class: "gap" }),
      makeButton("Zoom in", { icon: "zoom-in", kind: "quiet", iconOnly: true, onclick: () => time.zoom(1 / ZOOM) }),
      makeButton("Zoom out", { icon: "zoom-out", kind: "quiet", iconOnly: true, onclick: () => time.zoom(ZOOM) }),
      makeButton("Show all", { icon: "maximize", kind: "quiet", iconOnly: true, onclick: () => time.showAll() }));
  }

  /** @param {HTMLElement} chart */
  #listenTo(chart) {
    const go = (/** @type {number} */ x) => this.time.goTo(this.#plot.timeOf(x));
    this.#plot.onDrag(chart, { move: go, click: go });
  }

  #paint() {
    if (!this.element.isConnected) return;
    const { context, height } = prepareCanvas(this.#axis);
    drawTimes(context, this.#plot, height);
    for (const lane of this.#lanes) lane.paint(this.#plot);
    this.#showCursor();
  }

  #showCursor() {
    const { time } = this;
    this.#clock.textContent = `${formatClock(time.cursor, true)} / ${formatClock(time.length, true)}`;
    this.#slider.value = `${time.cursor}`;
    this.#slider.setAttribute("aria-valuetext", this.#describe());
    this.#cursor.style.transform = `translateX(${this.#plot.xOf(time.cursor)}px)`;
    this.#cursor.hidden = time.cursor < time.from || time.cursor > time.to;
    this.#cursor.style.setProperty("--lanes", `${this.#recording.people.length}`);
    for (const lane of this.#lanes) lane.showLabel(time.cursor);
  }

  #describe() {
    const labels = this.#lanes.map((lane) => `${lane.name} ${lane.labelAt(this.time.cursor) || "out of view"}`);
    return [formatClock(this.time.cursor, true), ...labels].join(", ");
  }
}

/** One person's row. */
class Lane {
  #canvas = make("canvas", { "aria-hidden": "true" });
  #label = make("span", { class: "muted small" });
  #dot = make("i", { class: "swatch", "aria-hidden": "true" });
  chart = make("div", { class: "chart" }, this.#canvas);
  #recording;
  #curve;

  /** @param {Recording} recording @param {number} person */
  constructor(recording, person) {
    this.#recording = recording;
    this.#curve = curveOf(recording, person);
    this.name = nameOf(person);
    this.element = make("div", { class: "lane" },
      make("div", { class: "who" }, make("span", { class: "name" }, this.name),
        make("span", { class: "chip" }, this.#dot, this.#label)), this.chart);
  }

  /** The label that was displayed; empty where the person is out of view. @param {number} time */
  labelAt(time) {
    const point = pointAt(this.#curve, time, this.#recording.interval);
    return point < 0 ? "" : this.#curve.labels[point];
  }

  /** @param {number} time */
  showLabel(time) {
    const label = this.labelAt(time);
    this.#label.textContent = label || "out of view";
    this.#dot.hidden = !label;
    this.#dot.classList.toggle("unsure", label === UNSURE);
    if (label) colorElement(this.#dot, label, this.#recording.labels);
  }

  /** @param {Plot} plot */
  paint(plot) {
    const { context, width, height } = prepareCanvas(this.#canvas), { from, to } = plot.time;
    const options = { hidden: HIDDEN, interval: this.#recording.interval, isStrip: false };
    paintLayer(context, drawLayer(this.#curve, { from, to }, { width, height }, options), plot, height);
    const markers = this.#recording.markers.map((marker, id) =>
      ({ ...marker, id, person: null, condition: "", code: "", note: "" }));
    paintMarkers(context, markers, plot, height);
  }
}
