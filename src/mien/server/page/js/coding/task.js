/**
 * A stretch to code.
 *
 * @typedef {object} Stretch
 * @property {number} id
 * @property {number} seconds
 * @property {?string} code this coder's; "" is "cannot tell", null is none yet.
 */

/** The code of a stretch in which the coder cannot tell the expression. */
export const CANNOT_TELL = "";

const EXPECTED = 12; // seconds for a stretch, until some are coded
const EXPECTED_WEIGHT = 5; // counts as so many coded stretches
const LONGEST = 60; // seconds; a longer one was a break

/** The stretches in the coder's order, which one is displayed, and how long the rest may take. */
export class Task {
  position = -1;
  /** @type {Set<number>} ids of stretches that cannot be displayed. */
  #skipped = new Set();
  #seconds = EXPECTED * EXPECTED_WEIGHT;
  #count = EXPECTED_WEIGHT;

  /** @param {Stretch[]} stretches */
  constructor(stretches) {
    this.stretches = stretches;
    this.goOn();
  }

  /** The displayed stretch; null once there is none left. @returns {?Stretch} */
  get current() {
    return this.stretches[this.position] ?? null;
  }

  /** The stretch that follows once the displayed one is coded; null where it is the last. */
  get next() {
    return this.stretches[this.#findOpen()] ?? null;
  }

  get coded() {
    return this.stretches.filter(({ code }) => code !== null).length;
  }

  /** How many stretches wait, the skipped ones left out. */
  get open() {
    return this.stretches.filter((stretch) => this.#isOpen(stretch)).length;
  }

  get minutesLeft() {
    return Math.ceil(this.open * this.#seconds / this.#count / 60);
  }

  /** Notes the displayed stretch's code. @param {string} code @param {number} seconds it took. */
  code(code, seconds) {
    if (this.current) this.current.code = code;
    this.#seconds += Math.min(seconds, LONGEST);
    this.#count += 1;
    this.goOn();
  }

  /** Leaves out the displayed stretch, until the page is loaded again. */
  skip() {
    if (this.current) this.#skipped.add(this.current.id);
    this.goOn();
  }

  /** Goes to the next stretch without a code. */
  goOn() {
    const next = this.#findOpen();
    this.position = next < 0 ? this.stretches.length : next;
  }

  /** Goes to the stretch before. */
  goBack() {
    this.position = Math.max(this.position - 1, 0);
  }

  /** The first open stretch after the displayed one, or else before it; -1 where there is none. */
  #findOpen() {
    const isOpen = (/** @type {Stretch} */ stretch) => this.#isOpen(stretch);
    const later = this.stretches.findIndex((stretch, at) => at > this.position && isOpen(stretch));
    return later < 0 ? this.stretches.findIndex((it) => it !== this.current && isOpen(it)) : later;
  }

  /** @param {Stretch} stretch */
  #isOpen({ id, code }) {
    return code === null && !this.#skipped.has(id);
  }
}
