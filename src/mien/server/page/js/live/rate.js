import { make } from "../dom.js";

const WINDOW = 2; // seconds

/** Frames a second and the usual delay, over the last moments. */
export class Rate {
  element = make("p", { class: "rate quiet" });
  #seen = [];

  /** @param {import("./watch.js").Seen} seen */
  add({ time, delay }) {
    this.#seen = [...this.#seen.filter((one) => one.time > time - WINDOW), { time, delay }];
    if (this.#seen.length > 1) this.element.textContent = this.#say();
  }

  clear() {
    this.#seen = [];
    this.element.textContent = "";
  }

  #say() {
    const span = this.#seen.at(-1).time - this.#seen[0].time;
    const delays = this.#seen.map(({ delay }) => delay).sort((one, other) => one - other);
    const frames = (this.#seen.length - 1) / span;
    const delay = 1000 * delays[Math.floor(delays.length / 2)];
    return `${frames.toFixed(frames < 10 ? 1 : 0)} frames a second, ${delay.toFixed(0)} ms delay`;
  }
}
