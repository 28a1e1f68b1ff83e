/** @import { Marker } from "../../types.js" */
/** @import { Model } from "../model.js" */
import { formatClock } from "../../format.js";
import { notify } from "../../notices.js";

/** @typedef {Partial<Omit<Marker, "id">>} MarkerFields */

/** What a marker is called: its name, or else what is known of it. @param {MarkerFields} marker */
export const titleOf = ({ name, note, condition, code }) => name || note || condition || code || "";

/** When a marker is: "0:02.8", or "0:02.8 to 0:04.1". @param {{time: number, duration: number}} marker */
export const formatWhen = ({ time, duration }) =>
  (duration ? `${formatClock(time, true)} to ${formatClock(time + duration, true)}` : formatClock(time, true));

/** @param {MarkerFields} marker */
const nounOf = ({ duration }) => (duration ? "interval" : "marker");

/** Adds, changes and deletes the markers of a session; each with a toast that can undo it. */
export class MarkerEdits {
  #model;
  /** @type {Map<number, number>} the present ids of markers that were deleted and restored. */
  #ids = new Map();

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
  }

  /** @param {MarkerFields & {time: number}} fields @returns {Promise<Marker>} */
  async add(fields) {
    const marker = await this.#model.change("POST", "/marks", fields);
    notify(`Added ${nounOf(marker)} at ${formatWhen(marker)}`, "note", () => this.#delete(marker));
    return marker;
  }

  /**
   * Changes a marker without a toast, as its field shows the change.
   *
   * @param {Marker} marker
   * @param {MarkerFields} changes
   */
  change(marker, changes) {
    return this.#model.change("PATCH", `/marks/${this.#idOf(marker)}`, changes);
  }

  /** @param {Marker} marker @param {MarkerFields} changes of its time. */
  async move(marker, changes) {
    const before = { time: marker.time, duration: marker.duration };
    await this.change(marker, changes);
    notify(`Moved ${nounOf(marker)} to ${formatWhen({ ...before, ...changes })}`, "note", () => this.change(marker, before));
  }

  /** @param {Marker} marker @param {string} name */
  async rename(marker, name) {
    const before = marker.name;
    await this.change(marker, { name });
    notify(name ? `Named the ${nounOf(marker)} “${name}”` : `Removed the name of the ${nounOf(marker)}`, "note",
      () => this.change(marker, { name: before }));
  }

  /** @param {Marker} marker */
  async remove(marker) {
    await this.#delete(marker);
    notify(`Deleted ${nounOf(marker)} at ${formatWhen(marker)}`, "note", async () => {
      const { id, ...fields } = marker, restored = await this.#model.change("POST", "/marks", fields);
      this.#ids.set(id, restored.id);
    });
  }

  /** @param {Marker} marker */
  #delete(marker) {
    return this.#model.change("DELETE", `/marks/${this.#idOf(marker)}`);
  }

  /** @param {Marker} marker @returns {number} */
  #idOf({ id }) {
    let present = id;
    for (let next = this.#ids.get(present); next !== undefined; next = this.#ids.get(present)) present = next;
    return present;
  }
}
