/** @import { Face, Result } from "../types.js" */

const TAU = 0.05; // seconds in which a box covers 63 % of its way to where its face was detected
const SETTLED = 0.3; // pixels of the image
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Moves boxes from one result to the next, at the rate of the screen: results come some ten times a
 * second, and a box that jumps so often looks like an error.
 */
export class Motion {
  /** @type {Map<number, number[]>} */
  #boxes = new Map();
  /** @type {?Result} */
  #target = null;
  #request = 0;
  #time = 0;

  /** @param {(result: ?Result) => void} draw */
  constructor(draw) {
    this.draw = draw;
  }

  /** @param {?Result} result null clears. */
  show(result) {
    this.#target = result;
    cancelAnimationFrame(this.#request);
    const known = this.#boxes;
    this.#boxes = new Map(result?.faces.map((face) => [keyOf(face), known.get(keyOf(face)) ?? face.box]));
    if (!result || stillness.matches) return this.#finish();
    this.#time = performance.now();
    this.#move();
  }

  stop() {
    cancelAnimationFrame(this.#request);
  }

  #finish() {
    for (const face of this.#target?.faces ?? []) this.#boxes.set(keyOf(face), face.box);
    this.draw(this.#target);
  }

  #move = () => {
    const result = this.#target;
    if (!result) return;
    const time = performance.now(), share = 1 - Math.exp((this.#time - time) / 1000 / TAU);
    this.#time = time;
    let farthest = 0;
    const faces = result.faces.map((face) => {
      const from = this.#boxes.get(keyOf(face)) ?? face.box;
      const box = from.map((value, side) => value + share * (face.box[side] - value));
      farthest = Math.max(farthest, ...box.map((value, side) => Math.abs(face.box[side] - value)));
      this.#boxes.set(keyOf(face), box);
      return { ...face, box };
    });
    if (farthest < SETTLED) return this.#finish();
    this.draw({ ...result, faces });
    this.#request = requestAnimationFrame(this.#move);
  };
}

/** @param {Face} face */
const keyOf = ({ person }) => person ?? 0;
