import { connection } from "../connection.js";

const PAUSE = 2000, LONGEST = 20_000; // milliseconds
const SHARE = 4; // a slow answer is followed by a pause so many times as long

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Does something; where the server does not answer, or is busy, again once it does. */
export async function insist(action) {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (error.code === "unreachable") await connection.whenBack();
      else if (error.retryAfter) await pause(error.retryAfter * 1000);
      else throw error;
    }
  }
}

/** Does something again and again until the view is left, less often where it takes long. */
export async function repeat(action, signal) {
  let wait = PAUSE;
  for (;;) {
    await pause(wait);
    if (signal.aborted) return;
    const start = performance.now();
    await action();
    wait = Math.max(PAUSE, Math.min(SHARE * (performance.now() - start), LONGEST));
  }
}
