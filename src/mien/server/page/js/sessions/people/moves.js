/** @import { Model } from "../model.js" */
import { ask } from "../../api.js";
import { formatClock } from "../../format.js";
import { notify } from "../../notices.js";

/** @typedef {{start: number, end: number}} Part a stretch of time in view, in seconds. */

/** "0:01.0 to 0:04.2". @param {Part} part */
export const formatPart = ({ start, end }) => `${formatClock(start, true)} to ${formatClock(end, true)}`;

/** Joins and splits the people of a session; each with a toast that can undo it. */
export class Moves {
  #model;

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
  }

  /**
   * Merges a person into another.
   *
   * @param {number} number
   * @param {number} into
   */
  async merge(number, into) {
    const text = `Merged ${this.#model.nameOf(number)} into ${this.#model.nameOf(into)}`;
    await this.#put(number, into);
    notify(text, "note", () => this.#delete(number));
  }

  /** @param {number} number */
  async unmerge(number) {
    const person = this.#model.people.find((candidate) => candidate.number === number), into = person?.merged_into;
    await this.#delete(number);
    notify(`Unmerged ${this.#model.nameOf(number)}`, "note", () => (into == null ? null : this.#put(number, into)));
  }

  /**
   * Makes a stretch of a person another person's.
   *
   * @param {number} number
   * @param {Part} part a part of the time in view.
   * @param {?number} into null: a new person's.
   * @returns {Promise<number>} whose it is.
   */
  async move(number, part, into) {
    const { path } = this.#model;
    const { person } = await ask("POST", `${path}/people/${number}/split`, { json: part });
    if (into !== null) await ask("PUT", `${path}/people/${person}/merge`, { json: { into } });
    await this.#model.load();
    const target = into ?? person;
    notify(`Moved ${formatPart(part)} of ${this.#model.nameOf(number)} to ${this.#model.nameOf(target)}`, "note",
      () => this.#put(person, number));
    return target;
  }

  /** @param {number} number @param {number} into */
  #put(number, into) { return this.#model.change("PUT", `/people/${number}/merge`, { into }); }

  /** @param {number} number */
  #delete(number) { return this.#model.change("DELETE", `/people/${number}/merge`); }
}
