import { formatClock } from "../format.js";

const MIN_SECONDS = 2; // of work, before the rest is estimated

/** How long something takes, by how much of it is done. */
export class Pace {
  #start = performance.now();
  #first = 0;
  #last = 0;

  /**
   * The time left, such as "1:20 left"; empty while it cannot be told.
   *
   * @param {number} share that is done, from 0 to 1; less than before starts anew.
   */
  format(share) {
    if (share < this.#last) [this.#start, this.#first] = [performance.now(), share];
    this.#last = share;
    const seconds = (performance.now() - this.#start) / 1000, done = share - this.#first;
    if (seconds < MIN_SECONDS || done <= 0 || share >= 1) return "";
    return `${formatClock(Math.ceil((1 - share) * seconds / done))} left`;
  }
}
