const SETTLED = 600; // milliseconds after the last arrow key, until the move is saved

/** @typedef {{time: number, duration: number}} Place of a marker. */

/** Where a marker is on the screen while it is moved, until that is stored. */
export class PendingMove {
  /** @type {Place} */
  place = { time: 0, duration: 0 };
  #stored = this.place;
  #timer = 0;
  #show;
  #store;

  /**
   * @param {(place: Place) => void} show
   * @param {(place: Place) => Promise<unknown>} store
   */
  constructor(show, store) {
    this.#show = show;
    this.#store = store;
  }

  /** Takes the stored place, unless the marker is being moved. @param {Place} place */
  take({ time, duration }) {
    const isMoving = this.place !== this.#stored;
    this.#stored = { time, duration };
    if (!isMoving) this.place = this.#stored;
    this.#show(this.place);
  }

  /** Shows the place again, as after another range became visible. */
  redraw() { this.#show(this.place); }

  /** @param {Partial<Place>} changes */
  preview(changes) {
    this.place = { ...this.place, ...changes };
    this.#show(this.place);
  }

  cancel() {
    clearTimeout(this.#timer);
    this.place = this.#stored;
    this.#show(this.place);
  }

  /** Stores the place once the keys pause. */
  saveSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SETTLED);
  }

  /** Stores the place; where that fails, the former one holds. */
  async save() {
    clearTimeout(this.#timer);
    const { place } = this, before = this.#stored;
    if (place === before) return;
    this.#stored = place;
    try {
      await this.#store(place);
    } catch (error) {
      this.#stored = before;
      this.cancel();
      throw error;
    }
  }
}
