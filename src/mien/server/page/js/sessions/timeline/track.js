/** @import { Person } from "../../types.js" */
/** @import { Model } from "../model.js" */
/** @import { Plot } from "./plot.js" */
/** @import { Layer } from "./chart.js" */
import { prepareCanvas } from "../../canvas.js";
import { make } from "../../dom.js";
import { formatClock, formatPercent } from "../../format.js";
import { colorElement, UNSURE } from "../../labels.js";
import { makeMenu } from "../../ui/menu.js";
import { drawLayer, paintLayer, paintMarkers } from "./chart.js";
import { pointAt } from "../frames.js";
import { makePortrait } from "../portrait.js";

/** One person's row of the timeline: who it is, and a chart that is drawn once and shown in part. */
export class Track {
  #canvas = make("canvas", { "aria-hidden": "true" });
  #dot = make("i", { class: "swatch now", "aria-hidden": "true" });
  #name = make("span", { class: "name", dir: "auto" });
  #image = make("span", { class: "image", "aria-hidden": "true" });
  #find = make("span", { class: "find" });
  #choose;
  #label = "";
  #thumbnail = "";
  /** @type {Layer[]} the coarser first. */
  #layers = [];

  /** @param {Model} model @param {Plot} plot @param {number} number the person's id. */
  constructor(model, plot, number) {
    this.model = model;
    this.plot = plot;
    this.number = number;
    this.#choose = make("button", { type: "button", class: "quiet who", onclick: () => model.choose(number) },
      this.#image, this.#name, this.#dot);
    this.element = make("div", { class: "person-track" }, make("div", { class: "head" }, this.#choose, this.#find),
      make("div", { class: "chart" }, this.#canvas));
  }

  /** Shows who it is, and whether the person is chosen. @param {Person} person */
  show(person) {
    const name = this.model.nameOf(this.number), isChosen = this.model.person === this.number;
    this.#name.textContent = this.#name.title = name;
    this.#choose.setAttribute("aria-pressed", `${isChosen}`);
    this.element.classList.toggle("chosen", isChosen);
    if (this.#thumbnail === (person.thumbnail ?? name)) return;
    this.#thumbnail = person.thumbnail ?? name;
    this.#image.replaceChildren(makePortrait(person));
  }

  /** Offers the moments when the person displayed each label most. */
  showMoments() {
    const { model, number } = this, peaks = model.figures.find(({ person }) => person === number)?.peaks ?? {};
    const items = Object.entries(peaks).map(([label, { time, value }]) => ({
      text: `Most ${label}: ${formatPercent(value)} at ${formatClock(time, true)}`,
      onclick: () => {
        model.choose(number);
        model.time.goTo(time);
      },
    }));
    this.#find.replaceChildren(...(items.length ? [makeMenu(`Find in ${model.nameOf(number)}`, items,
      { icon: "search", kind: "quiet", iconOnly: true })] : []));
  }

  /** Shows the label at the cursor. */
  showLabel() {
    const { model } = this, curve = model.curves.find(({ person }) => person === this.number);
    const point = curve ? pointAt(curve, model.time.cursor, model.interval) : -1;
    const label = curve && point >= 0 ? curve.labels[point] : "";
    if (label === this.#label) return;
    this.#label = label;
    this.#dot.classList.toggle("unsure", label === UNSURE);
    this.#dot.classList.toggle("away", !label);
    if (label) colorElement(this.#dot, label, model.labels);
  }

  /** Draws the charts anew, as other data or another size or colours need. @param {boolean} isStrip */
  draw(isStrip) {
    const { model, number } = this, { clientWidth: width, clientHeight: height } = this.#canvas;
    const { hidden, interval, time, loaded } = model, options = { hidden, interval, isStrip };
    const whole = { from: 0, to: time.length };
    /** @param {import("../../types.js").Curve[]} curves @param {import("./range.js").Stretch} stretch */
    const layer = (curves, stretch) => drawLayer(curves.find(({ person }) => person === number), stretch, { width, height }, options);
    this.#layers = [layer(model.overview, whole)];
    if (model.curves !== model.overview) this.#layers.push(layer(model.curves, loaded));
  }

  /** Shows the visible range of what is drawn. */
  paint() {
    const { context, height } = prepareCanvas(this.#canvas), { model, plot, number } = this;
    context.imageSmoothingEnabled = false;
    for (const layer of this.#layers) paintLayer(context, layer, plot, height);
    paintMarkers(context, model.markers.filter(({ person }) => person === null || person === number), plot, height);
  }
}
