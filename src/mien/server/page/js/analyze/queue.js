/** Works on what is added in its order, a few at a time. */
export class Queue {
  #waiting = [];
  #free;

  /** @param {number} most how many at a time. */
  constructor(most) {
    this.#free = most;
  }

  /** @param {() => Promise<void>} work which handles its own errors. */
  add(work) {
    this.#waiting.push(work);
    this.#next();
  }

  async #next() {
    if (!this.#free || !this.#waiting.length) return;
    this.#free--;
    await this.#waiting.shift()();
    this.#free++;
    this.#next();
  }
}
