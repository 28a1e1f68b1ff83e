/** @import { Result } from "../types.js" */

/** Person ids that continue where what gives them starts again at 1. */
export class PersonIds {
  #offset = 0; // the highest id before the last restart
  #highest = 0;

  /** From now on, results count people from 1 again. */
  restart() {
    this.#offset = this.#highest;
  }

  /** Changes the ids of a result, in place. @param {Result} result */
  assign(result) {
    for (const face of result.faces) {
      face.person = (face.person ?? 0) + this.#offset;
      this.#highest = Math.max(this.#highest, face.person);
    }
  }
}
