/**
 * Smooths probabilities over time, and steadies labels, independent of the frame rate: a port of
 * `mien.inference.tracking.smoothing`, which says how its numbers were chosen.
 */

/** Seconds in which a smoothed curve covers 63 % of a step; 95 % after three times as long. */
export const TIME_CONSTANT = 0.06;

const MEMORY = 20; // time constants after which the past has no influence: e^-20 is 2e-9

// A label is displayed once its smoothed probability has led all others by MARGIN for HOLD seconds, or leads
// them by CLEAR, and stays for KEPT seconds after it last did, unless another one does.
const MARGIN = 0.1, HOLD = 0.45, CLEAR = 0.8, KEPT = 2.5;

/**
 * Returns the weight of a new value in an exponential mean. Two steps of half the time weigh as much as one, so
 * uneven frame times need no special case.
 *
 * @param {number} elapsed seconds since the last value, 0 or more.
 * @param {number} timeConstant in seconds; 0 smooths nothing.
 * @returns {number}
 */
export function smoothingWeight(elapsed, timeConstant) {
  return timeConstant > 0 ? 1 - Math.exp(-elapsed / timeConstant) : 1;
}

/** Keeps an exponential mean of each person's probabilities; only of recent persons, so memory is bounded. */
export class Smoother {
  #timeConstant;
  /** @type {Map<number, {time: number, mean: number[]}>} */
  #means = new Map();

  /**
   * @param {number} [timeConstant] in seconds; 0 smooths nothing.
   * @throws {RangeError} it is negative, or no number.
   */
  constructor(timeConstant = TIME_CONSTANT) {
    if (!(timeConstant >= 0 && timeConstant < Infinity)) {
      throw new RangeError(`smoothing must be 0 seconds or more, got ${timeConstant}`);
    }
    this.#timeConstant = timeConstant;
  }

  /**
   * Adds one frame.
   *
   * @param {readonly number[]} persons the id of each person in the frame; a new id starts without a past.
   * @param {readonly ArrayLike<number>[]} rows probabilities, one row a person.
   * @param {number} time the frame's, in seconds; one before the previous counts as equal to it.
   * @returns {number[][]} smoothed; the sums of the rows are unchanged.
   */
  update(persons, rows, time) {
    const smoothed = persons.map((person, i) => {
      const before = this.#means.get(person), row = Array.from(rows[i]);
      if (!before) return row;
      const weight = smoothingWeight(Math.max(time - before.time, 0), this.#timeConstant);
      return row.map((value, label) => before.mean[label] + weight * (value - before.mean[label]));
    });
    persons.forEach((person, i) => this.#means.set(person, { time, mean: smoothed[i] }));
    this.#forget(time - MEMORY * this.#timeConstant);
    return smoothed;
  }

  /** @param {number} oldest in seconds. */
  #forget(oldest) {
    for (const [person, { time }] of this.#means) if (time < oldest) this.#means.delete(person);
  }
}

/**
 * Which label of a person leads, since when; which is displayed, when it last was clear, and the past.
 *
 * @typedef {Object} Lead
 * @property {?number} label
 * @property {number} since
 * @property {number} displayed
 * @property {number} clear
 * @property {number} time
 * @property {{time: number, mean: readonly number[]}[]} recent the last `KEPT` seconds.
 */

/**
 * Hysteresis: keeps the label of each person until another is very clear, or clear for a while.
 *
 * A mouth that talks passes through shapes of surprise and anger. Probabilities show them; a label that follows
 * each is noise. Where no label is clear, the most probable one of the last `KEPT` seconds is displayed.
 */
export class LabelHold {
  /** @type {Map<number, Lead>} */
  #leads = new Map();

  /**
   * Adds one frame.
   *
   * @param {readonly number[]} persons the id of each person in the frame.
   * @param {readonly (readonly number[])[]} means their smoothed probabilities.
   * @param {number} time the frame's, in seconds.
   * @returns {number[]} the index of each person's label.
   */
  update(persons, means, time) {
    const labels = persons.map((person, i) => this.#label(person, means[i], time));
    for (const [person, lead] of this.#leads) if (time - lead.time > KEPT) this.#leads.delete(person);
    return labels;
  }

  /** @param {number} person @param {readonly number[]} mean @param {number} time @returns {number} */
  #label(person, mean, time) {
    const [most, second] = topTwo(mean), known = this.#leadOf(person, most, time);
    remember(known, mean, time);
    const lead = mean[most] - mean[second];
    if (lead <= MARGIN) known.label = null;
    // Since the frame before: at one frame a second, it may have led all the time.
    else if (known.label !== most) [known.label, known.since] = [most, known.time];
    const isHeld = known.label !== null && time - known.since >= HOLD;
    if (isHeld || lead > CLEAR) [known.displayed, known.clear] = [most, time];
    known.time = time;
    return time - known.clear > KEPT ? overall(known) : known.displayed;
  }

  /** @param {number} person @param {number} most @param {number} time @returns {Lead} */
  #leadOf(person, most, time) {
    const known = this.#leads.get(person)
      ?? { label: null, since: time, displayed: most, clear: time, time, recent: [] };
    this.#leads.set(person, known);
    return known;
  }
}

/** Smooths probabilities and holds labels; a time constant of 0 does neither. */
export class Steady {
  #smoother;
  #labels;

  /** @param {number} [timeConstant] in seconds. */
  constructor(timeConstant = TIME_CONSTANT) {
    this.#smoother = new Smoother(timeConstant);
    this.#labels = timeConstant ? new LabelHold() : null;
  }

  /**
   * Adds one frame.
   *
   * @param {readonly number[]} persons
   * @param {readonly ArrayLike<number>[]} rows probabilities, one row a person.
   * @param {number} time in seconds.
   * @returns {{means: number[][], held: (?number)[]}} smoothed probabilities, and the index of the label that
   *   each person holds although another is the most probable now; null where none is held.
   */
  update(persons, rows, time) {
    const means = this.#smoother.update(persons, rows, time);
    if (!this.#labels) return { means, held: persons.map(() => null) };
    const labels = this.#labels.update(persons, means, time);
    const likeliest = means.map((mean) => mean.indexOf(Math.max(...mean)));
    return { means, held: labels.map((label, i) => (label === likeliest[i] ? null : label)) };
  }
}

/** The indices of the largest value and of the next; of equal ones the last. @param {readonly number[]} values */
function topTwo(values) {
  const order = [...values.keys()].sort((a, b) => values[b] - values[a] || b - a);
  return [order[0], order[1]];
}

/** @param {Lead} lead @param {readonly number[]} mean @param {number} time */
function remember({ recent }, mean, time) {
  recent.push({ time, mean });
  while (time - recent[0].time > KEPT) recent.shift();
}

/** The most probable label of the last `KEPT` seconds. @param {Lead} lead @returns {number} */
function overall({ recent }) {
  const sums = recent[0].mean.map((_, label) => recent.reduce((sum, { mean }) => sum + mean[label], 0));
  return sums.indexOf(Math.max(...sums));
}
