import { make } from "../dom.js";
import { colorOf, EMOTIONS, shownOf } from "../emotions.js";
import { drawStack } from "../stack.js";

/** Seconds that a timeline shows. */
export const SPAN = 30;

const GAP = 0.5; // seconds without the person after which the drawing has a gap, as in a report
const STILL = 1; // seconds between drawings for who wants little motion

/** One person's last seconds, stacked; it moves on with every frame, seen in it or not. */
export class Timeline {
  element = make("canvas", { class: "timeline", role: "img" });
  #points = [];
  #drawn = -Infinity;

  /** Adds what a frame showed of the person. */
  add(time, face) {
    this.#points.push({ time, values: shownOf(face) });
  }

  /** Draws the seconds up to a time. Tells whether anything of the person is left in them. */
  draw(now) {
    this.#points = this.#points.filter(({ time }) => time > now - SPAN);
    const wait = matchMedia("(prefers-reduced-motion: reduce)").matches ? STILL : 0;
    if (now - this.#drawn >= wait) this.#paint(now);
    return this.#points.length > 0;
  }

  #paint(now) {
    this.#drawn = now;
    const { clientWidth: width, clientHeight: height } = this.element;
    this.element.width = width * devicePixelRatio;
    this.element.height = height * devicePixelRatio;
    const pen = this.element.getContext("2d");
    pen.scale(devicePixelRatio, devicePixelRatio);
    pen.fillStyle = colorOf("empty");
    pen.fillRect(0, 0, width, height);
    const toX = (time) => width * (1 - (now - time) / SPAN);
    for (const part of splitAtGaps(this.#points)) {
      drawStack(pen, part.map(({ time, values }) => ({ x: toX(time), values })), height);
    }
    this.element.setAttribute("aria-label", this.#say());
  }

  #say() {
    const number = this.#points.length || 1;
    const means = EMOTIONS.map((emotion) => {
      const sum = this.#points.reduce((total, { values }) => total + values[emotion], 0);
      return { emotion, mean: sum / number };
    }).sort((one, other) => other.mean - one.mean);
    return `The last ${SPAN} seconds: mostly ${means[0].emotion}, then ${means[1].emotion}.`;
  }
}

function splitAtGaps(points) {
  const steps = points.slice(1).map(({ time }, at) => time - points[at].time);
  const usual = [...steps].sort((one, other) => one - other)[steps.length >> 1];
  const limit = Math.max(GAP, 3 * usual), parts = [];
  points.forEach((point, at) => {
    if (at === 0 || steps[at - 1] > limit) parts.push([]);
    parts.at(-1).push(point);
  });
  return parts;
}
