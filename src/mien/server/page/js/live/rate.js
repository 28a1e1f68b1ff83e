/** @import { Analyzed } from "./stream.js" */
import { make } from "../dom.js";

const WINDOW = 2; // seconds

/** Frames per second and the median delay, over the last seconds. */
export class Rate {
  element = make("span", { class: "rate muted small number" });
  /** @type {{time: number, delay: number}[]} */
  #recent = [];

  /** @param {Analyzed} analyzed */
  add({ time, delay }) {
    this.#recent = [...this.#recent.filter((frame) => frame.time > time - WINDOW), { time, delay }];
    if (this.#recent.length > 1) this.element.textContent = this.#format();
  }

  clear() {
    this.#recent = [];
    this.element.textContent = "";
  }

  #format() {
    const frames = this.#recent;
    const fps = (frames.length - 1) / (frames[frames.length - 1].time - frames[0].time);
    const delays = frames.map(({ delay }) => delay).sort((first, second) => first - second);
    const delay = 1000 * delays[Math.floor(delays.length / 2)];
    return `${fps.toFixed(fps < 10 ? 1 : 0)} fps · ${delay.toFixed(0)} ms`;
  }
}
