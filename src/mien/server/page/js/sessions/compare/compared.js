/** @import { Curve } from "../../types.js" */
/** @import { Layer } from "../timeline/chart.js" */
/** @import { Model } from "../model.js" */
/** @import { Plot } from "../timeline/plot.js" */
import { prepareCanvas } from "../../canvas.js";
import { make } from "../../dom.js";
import { formatClock, formatPercent } from "../../format.js";
import { makeSwatch } from "../../labels.js";
import { drawLayer, paintLayer } from "../timeline/chart.js";
import { pointAt } from "../frames.js";
import { makePortrait } from "../portrait.js";

const FINEST = 4; // a chart is drawn at most so many times as wide as it is shown

/** One person's row of a comparison: who it is, the label at the cursor, and a chart. */
export class ComparedRow {
  /** What is at the cursor, for screen readers. */
  text = "";
  #canvas = make("canvas", { "aria-hidden": "true" });
  #now = make("span", { class: "now small muted tabular" });
  /** @type {Layer[]} the coarser first. */
  #layers = [];

  /**
   * @param {Model} model of the person's session.
   * @param {number} person
   * @param {string} letter of the side.
   * @param {number} shift the time of the axis at which the session starts.
   */
  constructor(model, person, letter, shift) {
    this.model = model;
    this.person = person;
    this.letter = letter;
    this.shift = shift;
    const entry = model.people.find(({ number }) => number === person), name = model.nameOf(person);
    this.element = make("div", { class: "compared" }, make("div", { class: "head" },
      make("span", { class: "badge", "aria-hidden": "true" }, letter), entry ? makePortrait(entry) : null,
      make("div", { class: "who" }, make("span", { class: "name", dir: "auto", title: name }, name), this.#now)), this.#canvas);
  }

  /** Draws the chart anew, as other data, another size or other colours need. @param {number} span visible seconds. */
  draw(span) {
    const { model, shift } = this, { clientWidth, clientHeight: height } = this.#canvas;
    const options = { hidden: model.hidden, interval: model.interval, isStrip: false };
    /** @param {Curve[]} curves @param {import("../timeline/range.js").Stretch} stretch @returns {Layer} */
    const layer = (curves, { from, to }) => {
      const width = Math.min((to - from) / span, FINEST) * clientWidth || 1;
      return { ...drawLayer(this.#curveOf(curves), { from, to }, { width, height }, options), from: from + shift, to: to + shift };
    };
    this.#layers = [layer(model.overview, { from: 0, to: model.time.length })];
    if (model.curves !== model.overview) this.#layers.push(layer(model.curves, model.loaded));
  }

  /** Shows the visible range of what is drawn. @param {Plot} plot */
  paint(plot) {
    const { context, height } = prepareCanvas(this.#canvas);
    context.imageSmoothingEnabled = false;
    for (const layer of this.#layers) paintLayer(context, layer, plot, height);
  }

  /** Shows the label at a time of the axis. @param {number} time */
  showLabel(time) {
    const { model, shift } = this, at = time - shift;
    const curve = this.#curveOf(model.overview), point = curve ? pointAt(curve, at, model.interval) : -1;
    const label = curve && point >= 0 ? curve.labels[point] : null, value = label && curve?.values[label]?.[point];
    const isRecorded = at >= 0 && at <= model.time.length, absence = isRecorded ? "Out of view" : "Not recorded";
    const text = label ? [label, value ? formatPercent(value) : ""].join(" ").trim() : absence;
    this.#now.replaceChildren(...label ? [makeSwatch(label, model.labels)] : [], text,
      ...isRecorded ? [make("span", { class: "at" }, formatClock(at, true))] : []);
    this.text = `${this.letter}, ${model.nameOf(this.person)}: ${text}`;
  }

  /** @param {Curve[]} curves */
  #curveOf(curves) { return curves.find(({ person }) => person === this.person); }
}
