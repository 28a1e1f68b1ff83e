import { ApiError, connection } from "../api.js";

/** The clips of stretches: the displayed one, and the next, which loads meanwhile. */
export class Clips {
  /** @type {Map<number, Promise<string>>} addresses of blobs by the stretch's id. */
  #loaded = new Map();
  /** @type {AbortSignal} */
  #signal;

  /** @param {AbortSignal} signal ends all loading. */
  constructor(signal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.keep([]));
  }

  /**
   * Loads a clip, unless it is loaded.
   *
   * @param {number} id of the stretch.
   * @returns {Promise<string>} its address.
   * @throws {ApiError} the server has no such clip.
   */
  load(id) {
    const known = this.#loaded.get(id);
    if (known) return known;
    const loading = fetchClip(id, this.#signal);
    this.#loaded.set(id, loading);
    loading.catch(() => this.#loaded.delete(id)); // so that it can be tried again
    return loading;
  }

  /** Releases all clips but these. @param {number[]} ids */
  keep(ids) {
    for (const [id, loading] of this.#loaded) {
      if (ids.includes(id)) continue;
      this.#loaded.delete(id);
      loading.then((address) => URL.revokeObjectURL(address), () => {});
    }
  }
}

/** @param {number} id @param {AbortSignal} signal */
async function fetchClip(id, signal) {
  let response;
  try {
    response = await fetch(`/v1/study/stretches/${id}/clip`, { signal });
    if (response.ok) return URL.createObjectURL(await response.blob());
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    connection.markLost();
    throw new ApiError("the Mien server is not responding.", 0, "unreachable");
  }
  const { error } = await response.json();
  throw new ApiError(error.message, response.status, error.code);
}
