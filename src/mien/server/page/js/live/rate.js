/** @import { Analyzed } from "./stream.js" */
import { make } from "../dom.js";

const WINDOW = 2; // seconds
const BUSY = 0.25; // the share of their delay that frames wait for the engine of a busy server
const SHORT = 0.01; // seconds; shorter waits are no sign
const BUSY_HELP = "Frames wait for other images that the server analyzes, so fewer of them are labelled.";

/** Frames per second and the median delay over the last seconds, and whether the server is busy. */
export class Rate {
  element = make("span", { class: "rate muted small number" });
  busy = make("span", { class: "muted small", title: BUSY_HELP, hidden: true }, "Server busy");
  /** @type {{time: number, delay: number, waited: number}[]} */
  #recent = [];

  /** @param {Analyzed} analyzed */
  add({ time, delay, result: { waited = 0 } }) {
    this.#recent = [...this.#recent.filter((frame) => frame.time > time - WINDOW), { time, delay, waited }];
    if (this.#recent.length > 1) this.element.textContent = this.#format();
    const shares = this.#recent.map((frame) => frame.waited < SHORT ? 0 : frame.waited / frame.delay);
    this.busy.hidden = median(shares) < BUSY;
  }

  clear() {
    this.#recent = [];
    this.element.textContent = "";
    this.busy.hidden = true;
  }

  #format() {
    const frames = this.#recent;
    const fps = (frames.length - 1) / (frames[frames.length - 1].time - frames[0].time);
    const delay = 1000 * median(frames.map((frame) => frame.delay));
    return `${fps.toFixed(fps < 10 ? 1 : 0)} fps · ${delay.toFixed(0)} ms`;
  }
}

/** The upper one of two. @param {number[]} values at least one. */
function median(values) {
  return values.sort((first, second) => first - second)[Math.floor(values.length / 2)];
}
