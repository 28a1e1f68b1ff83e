import { connection } from "./connection.js";

const TRIES = 3; // a server that goes each time is not asked for ever

/**
 * Asks until it is answered: waits where the server is busy, and for one that is away.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {AbortSignal} [signal] ends the waiting, too.
 * @returns {Promise<T>}
 * @throws {import("./api.js").ApiError} what no waiting helps against.
 */
export async function persist(attempt, signal) {
  for (let failed = 0; ;) {
    await connection.whenBack();
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error.retryAfter) await wait(error.retryAfter);
      else if (error.code !== "unreachable" || ++failed === TRIES) throw error;
    }
  }
}

/** Waits for some seconds. */
export const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
