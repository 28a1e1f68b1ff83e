/** @import { PlainError } from "./errors.js" */
import { Engine } from "./engine.js";
import { toPlain } from "./errors.js";

export { Engine };

/** The name of Mien's worker: the runtime's threads load this file, too, under another name. */
export const WORKER_NAME = "mien";

/**
 * @typedef {{id: number, method: "open"|"describe"|"analyze"|"startStream"|"step"|"stopStream"|"measure"|"useProfile",
 *   args: any[]}} Call
 * @typedef {{id: number, value: unknown}|{id: number, error: PlainError}} Answer
 */

/**
 * The part of a worker's global scope that is used; the types of a page do not name it.
 *
 * @typedef {Object} WorkerScope
 * @property {string} name
 * @property {(type: "message", listener: (event: MessageEvent<Call>) => void) => void} addEventListener
 * @property {(answer: Answer) => void} postMessage
 */

/** Answers a page's calls by an engine. @param {WorkerScope} scope */
function serve(scope) {
  /** @type {?Engine} */
  let engine = null;

  /** @param {Call} call @returns {Promise<unknown>} */
  async function run({ method, args }) {
    if (method !== "open") return /** @type {any} */ (engine)[method](...args);
    engine = await Engine.open(args[0]);
    return undefined;
  }

  scope.addEventListener("message", async ({ data }) => {
    try {
      scope.postMessage({ id: data.id, value: await run(data) });
    } catch (error) {
      scope.postMessage({ id: data.id, error: toPlain(error) });
    }
  });
}

const scope = /** @type {WorkerScope} */ (/** @type {unknown} */ (globalThis));
if (scope.name === WORKER_NAME && typeof document === "undefined") serve(scope);
