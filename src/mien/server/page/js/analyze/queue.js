/** Runs tasks in their order, a few at a time. */
export class Queue {
  /** @type {(() => Promise<void>)[]} */
  #pending = [];
  #free;

  /** @param {number} limit how many tasks run at a time. */
  constructor(limit) {
    this.#free = limit;
  }

  /** @param {() => Promise<void>} task handles its own errors. */
  add(task) {
    this.#pending.push(task);
    this.#next();
  }

  async #next() {
    if (!this.#free) return;
    const task = this.#pending.shift();
    if (!task) return;
    this.#free--;
    await task();
    this.#free++;
    this.#next();
  }
}
