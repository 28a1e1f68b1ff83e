/** @import { Face, Probabilities } from "../types.js" */
/** @import { Analyzed } from "./stream.js" */
import { drawStack, prepareCanvas } from "../canvas.js";
import { make } from "../dom.js";
import { makeFaceDetails } from "../face.js";
import { cssColor, displayedOf } from "../labels.js";

const SPAN = 30; // seconds that a chart shows
const GAP = 0.5; // seconds out of view after which the chart has a gap, as in a report
const STILL = 1; // seconds between drawings for users who prefer reduced motion

/** A card for each person in view, and for those who were in the last seconds. */
export class PersonCards {
  element = make("div", { class: "people" });
  /** @type {Map<number, PersonCard>} */
  #cards = new Map();

  /** Shows the faces of a frame. @param {Analyzed} analyzed */
  show({ result, time }) {
    for (const face of result.faces) this.#cardOf(face.person ?? 0).show(face, time);
    for (const [person, card] of this.#cards) {
      if (card.advance(time)) continue;
      card.element.remove();
      this.#cards.delete(person);
    }
  }

  /** @param {number} person */
  #cardOf(person) {
    let card = this.#cards.get(person);
    if (!card) {
      card = new PersonCard(person);
      this.#cards.set(person, card);
      this.element.append(card.element);
    }
    return card;
  }
}

class PersonCard {
  #details;
  #chart = new RollingChart();
  #away = make("p", { class: "muted", hidden: true }, "Out of view");
  /** @type {?Face} the one in view. */
  #face = null;
  #lastSeen = 0;

  /** @param {number} person */
  constructor(person) {
    const name = `Person ${person}`;
    const axis = make("p", { class: "axis muted", "aria-hidden": "true" },
      make("span", {}, `${SPAN} seconds ago`), make("span", {}, "now"));
    const identify = () => (this.#face?.face_id ? { face_id: this.#face.face_id } : null);
    this.#details = makeFaceDetails(name, identify, this.#away, this.#chart.element, axis);
    this.element = make("section", { class: "card person", "aria-label": name }, ...this.#details.elements);
  }

  /** @param {Face} face @param {number} time */
  show(face, time) {
    this.#face = face;
    this.#lastSeen = time;
    this.#chart.add(time, face);
    this.#details.show(face);
  }

  /** Moves on to a time; returns whether the chart still shows anything. @param {number} now */
  advance(now) {
    const isInView = this.#lastSeen === now;
    this.#away.hidden = isInView;
    this.element.classList.toggle("out-of-view", !isInView);
    if (!isInView) this.#face = null; // a correction would be of an earlier moment
    return this.#chart.draw(now);
  }
}

/** A person's last seconds as a stacked chart; it moves on with every frame. */
class RollingChart {
  element = make("canvas", { class: "timeline", role: "img" });
  /** @type {{time: number, values: Probabilities}[]} */
  #points = [];
  #drawnAt = -Infinity;

  /** @param {number} time @param {Face} face */
  add(time, face) {
    this.#points.push({ time, values: displayedOf(face) });
  }

  /**
   * Draws the seconds up to a time; returns whether the person was in view in them.
   *
   * @param {number} now
   */
  draw(now) {
    this.#points = this.#points.filter(({ time }) => time > now - SPAN);
    const pause = matchMedia("(prefers-reduced-motion: reduce)").matches ? STILL : 0;
    if (now - this.#drawnAt >= pause) this.#paint(now);
    return this.#points.length > 0;
  }

  /** @param {number} now */
  #paint(now) {
    this.#drawnAt = now;
    const { context, width, height } = prepareCanvas(this.element);
    context.fillStyle = cssColor("empty");
    context.fillRect(0, 0, width, height);
    /** @param {number} time */
    const toX = (time) => width * (1 - (now - time) / SPAN);
    for (const segment of splitAtGaps(this.#points)) {
      drawStack(context, segment.map(({ time, values }) => ({ x: toX(time), values })), height);
    }
    this.element.setAttribute("aria-label", this.#describe());
  }

  #describe() {
    const labels = Object.keys(this.#points.at(-1)?.values ?? {});
    /** @param {string} label */
    const sum = (label) => this.#points.reduce((total, { values }) => total + (values[label] ?? 0), 0);
    const [first, second] = labels.toSorted((label, other) => sum(other) - sum(label));
    if (!first) return `The last ${SPAN} seconds: out of view.`;
    return `The last ${SPAN} seconds: mostly ${first}${second ? `, then ${second}` : ""}.`;
  }
}

/** @template {{time: number}} T @param {T[]} points */
function splitAtGaps(points) {
  const steps = points.slice(1).map(({ time }, index) => time - points[index].time);
  const usual = steps.toSorted((step, other) => step - other)[steps.length >> 1];
  const limit = Math.max(GAP, 3 * usual);
  /** @type {T[][]} */
  const segments = [];
  points.forEach((point, index) => {
    if (index === 0 || steps[index - 1] > limit) segments.push([]);
    segments[segments.length - 1].push(point);
  });
  return segments;
}
