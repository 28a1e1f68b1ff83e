import { wait } from "../api.js";

const NAME = "mien-recording";
const PATIENCE = 10; // seconds that another tab has to save and stop

/** Says that another tab of this browser records. */
export class OtherTabError extends Error {
  constructor() {
    super("Another tab of this browser is recording.");
  }
}

/** The turn to record, which one tab of a browser has at a time: two recordings would share the camera. */
export class Turn {
  #channel = new BroadcastChannel(NAME);
  /** @type {?() => void} */
  #release = null;

  /** @param {() => void} onWanted called when another tab asks for the turn. */
  constructor(onWanted) {
    this.#channel.onmessage = () => { if (this.#release) onWanted(); };
  }

  /** @throws {OtherTabError} another tab has it. */
  async take() {
    if (!await this.#request({ ifAvailable: true })) throw new OtherTabError();
  }

  /** Has the tab that records stop, and waits until it has saved. @throws {Error} it does not respond. */
  async takeOver() {
    this.#channel.postMessage("wanted");
    const end = new AbortController();
    wait(PATIENCE).then(() => end.abort());
    await this.#request({ signal: end.signal }).catch(() => {
      throw new Error("The other tab does not respond. Close it, then record again.");
    });
  }

  release() {
    this.#release?.();
    this.#release = null;
  }

  /** Ends for good, with its view. */
  close() {
    this.release();
    this.#channel.close();
  }

  /** @param {LockOptions} options @returns {Promise<boolean>} whether this tab has it. */
  #request(options) {
    if (!navigator.locks) return Promise.resolve(true); // only pages at https or 127.0.0.1 have locks
    return new Promise((resolve, reject) => {
      const held = navigator.locks.request(NAME, options, (lock) => {
        resolve(lock !== null);
        return lock && new Promise((release) => { this.#release = () => release(null); });
      });
      held.catch(reject);
    });
  }
}
