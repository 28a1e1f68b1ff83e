/** @import { MarkerEdits } from "../markers/edits.js" */
/** @import { Model } from "../model.js" */
import { fillList, make } from "../../dom.js";
import { onColors } from "../../settings.js";
import { debounce, oncePerFrame } from "../../timing.js";
import { makeAxis } from "./axis.js";
import { makeCursor } from "./cursor.js";
import { makeLane } from "../markers/lane.js";
import { makeOverview } from "./overview.js";
import { Plot } from "./plot.js";
import { makeSurface } from "./stretch.js";
import { makeTools } from "./tools.js";
import { Track } from "./track.js";

const SETTLED = 120; // milliseconds without another change before curves are loaded
const BUDGET = 12; // milliseconds of a frame for drawing charts; the others follow in the next frame

/**
 * The timeline: its tools; the lane of markers, the axis and a row per person, all under one cursor;
 * and the overview of the whole session.
 *
 * @param {Model} model
 * @param {MarkerEdits} edits
 */
export function makeTimeline(model, edits) {
  const column = make("div", { class: "column" }), plot = new Plot(column, model.time, model.signal);
  const rows = make("div", { class: "rows" }), drawing = new Drawing(model, plot, rows);
  const tools = makeTools(model, edits, (isStrip) => drawing.setStrip(isStrip));
  return make("section", { class: "card timeline", "aria-label": "Timeline" }, tools,
    make("div", { class: "tracks" }, makeLane(model, plot, edits), makeAxis(model, plot),
      make("div", { class: "people-rows" }, rows, makeSurface(model, plot)),
      make("div", { class: "overlay" }, column, makeCursor(model, plot))),
    makeOverview(model, plot));
}

/** Keeps the rows up to date: charts are drawn when data, size or colours change, and else only moved. */
class Drawing {
  /** @type {Map<number, Track>} */
  #tracks = new Map();
  #empty = make("p", { class: "muted nobody" }, "No face detected");
  #isStrip = false;
  /** @type {Set<Track>} to be drawn anew. */
  #stale = new Set();
  #hasOldFigures = true;

  /** @param {Model} model @param {Plot} plot @param {HTMLElement} rows */
  constructor(model, plot, rows) {
    this.model = model;
    this.plot = plot;
    this.rows = rows;
    const redraw = () => this.#schedule(true), repaint = () => this.#schedule(false);
    model.on("people", () => this.#showPeople());
    model.on("chosen", () => this.#showPeople());
    model.on("figures", () => this.#tracks.forEach((track) => track.showMoments()));
    model.on("curves", () => {
      redraw();
      if (!this.#hasOldFigures) return;
      this.#hasOldFigures = false; // before the request, for they may get old meanwhile
      model.loadFigures();
    });
    model.on("detail", repaint);
    model.onTime("range", repaint);
    model.onTime("cursor", () => this.#tracks.forEach((track) => track.showLabel()));
    plot.onResize(redraw);
    onColors(redraw, model.signal);
    const load = debounce(() => model.loadCurves(plot.width), SETTLED, model.signal);
    model.onTime("range", load.later);
    model.on("stale", () => {
      this.#hasOldFigures = true;
      if (model.overview.length) load.later();
    });
    plot.onResize(() => (model.overview.length ? load.later() : load.now()));
  }

  /** @param {boolean} isStrip whether rows show labels alone. */
  setStrip(isStrip) {
    this.#isStrip = isStrip;
    this.rows.classList.toggle("strips", isStrip);
    this.#schedule(true);
  }

  #showPeople() {
    const { model, plot } = this;
    this.#tracks = new Map(model.roots.map(({ number }) =>
      [number, this.#tracks.get(number) ?? new Track(model, plot, number)]));
    for (const person of model.roots) this.#tracks.get(person.number)?.show(person);
    fillList(this.rows, this.#tracks.size ? [...this.#tracks.values()].map(({ element }) => element) : [this.#empty]);
    this.rows.classList.toggle("alone", this.#tracks.size === 1);
    this.#tracks.forEach((track) => track.showMoments());
    this.#schedule(true);
  }

  /** @param {boolean} isStale whether all charts must be drawn anew. */
  #schedule(isStale) {
    if (isStale) this.#stale = new Set(this.#tracks.values());
    this.#drawSoon();
  }

  #drawSoon = oncePerFrame(() => { if (this.rows.isConnected) this.#draw(); });

  #draw() {
    const start = performance.now();
    for (const track of this.#tracks.values()) {
      const hasTime = performance.now() - start < BUDGET;
      if (hasTime && this.#stale.delete(track)) track.draw(this.#isStrip);
      track.paint();
      track.showLabel();
    }
    if (this.#stale.size) this.#schedule(false);
  }
}
