import { countUpTo, pointAt } from "./curves.js";

const PAGE = 300; // frames asked for at a time

/** The frames of a session as they are needed: those around the cursor, with every face in them. */
export class Frames {
  #model;
  #frames = [];
  #asking = false;
  #isStale = false;

  constructor(model) { this.#model = model; }

  /** Has the frames asked for anew; until these come, the old ones stand. */
  forget() { this.#isStale = true; }

  /** The frame that stands at a time; null where none is known, or nobody is in it. */
  at(time) {
    return this.#before(time) === null ? null : this.#find(time);
  }

  /**
   * Sees to it that the frame at a time is known, if somebody is in view there.
   *
   * @returns {Promise<boolean>} whether frames came that were not known before.
   */
  async need(time) {
    const before = this.#before(time);
    if (this.#asking || before === null || (this.#find(time) && !this.#isStale)) return false;
    this.#asking = true;
    this.#isStale = false; // before the question: it may become so before the answer
    try {
      this.#frames = await this.#ask(before, time);
    } finally {
      this.#asking = false;
    }
    return true;
  }

  #find(time) {
    const frames = this.#frames;
    if (!frames.length || time > frames.at(-1).time + this.#model.interval) return null;
    return frames[countUpTo(frames.map((one) => one.time), time) - 1] ?? null;
  }

  /** The number of the last frame at hand before a time, where somebody is in view; or null. */
  #before(time) {
    const { curves, interval } = this.#model;
    const points = curves.map((curve) => [curve, pointAt(curve, time, interval)]);
    const numbers = points.filter(([, point]) => point >= 0).map(([curve, point]) => curve.frames[point]);
    return numbers.length ? Math.max(...numbers) : null;
  }

  async #ask(first, time) {
    let after = first - 1, frames;
    do {
      const page = await this.#model.get("/frames", { after, limit: PAGE });
      if (!page) return [];
      ({ frames, next: after } = page);
    } while (after !== null && frames.at(-1).time < time);
    return frames;
  }
}
