const UNREACHABLE = "the Mien server is not responding; check that it is running.";
const FIRST_DELAY = 500, LONGEST_DELAY = 5000; // milliseconds between health checks
const POLL_PAUSE = 2000, LONGEST_PAUSE = 20_000; // milliseconds
const POLL_SHARE = 4; // a slow answer is followed by a pause so many times as long

/** What the server refused, or that it does not respond; the message is for the user. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status the HTTP status; 0 without a response.
   * @param {string} code the server's name for the error, or "unreachable".
   * @param {number} [retryAfter] seconds after which to retry; 0 where a retry would not help.
   */
  constructor(message, status, code, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Whether the server responds. "lost" and "back" events notify the page of changes. */
class Connection extends EventTarget {
  isUp = true;

  /** Notes that the server did not respond, and checks its health until it does. */
  markLost() {
    if (!this.isUp) return;
    this.isUp = false;
    this.dispatchEvent(new Event("lost"));
    setTimeout(() => this.#check(FIRST_DELAY), FIRST_DELAY);
  }

  /** Resolves once the server responds; at once where it was not lost. @returns {Promise<void>} */
  whenBack() {
    if (this.isUp) return Promise.resolve();
    return new Promise((resolve) => this.addEventListener("back", () => resolve(), { once: true }));
  }

  /** @param {number} delay */
  async #check(delay) {
    try {
      await fetch("/healthz");
    } catch {
      const longer = Math.min(delay * 1.5, LONGEST_DELAY);
      setTimeout(() => this.#check(longer), delay);
      return;
    }
    this.isUp = true;
    this.dispatchEvent(new Event("back"));
  }
}

export const connection = new Connection();

/** Resolves after some seconds. @param {number} seconds @returns {Promise<void>} */
export const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/**
 * @typedef {object} RequestOptions
 * @property {Record<string, any>} [query] parts that are null or undefined are left out.
 * @property {any} [json] is serialized.
 * @property {BodyInit} [body] is sent as it is.
 * @property {AbortSignal} [signal]
 * @property {boolean} [keepalive]
 */

/**
 * Sends a request.
 *
 * @param {string} method
 * @param {string} path
 * @param {RequestOptions} [options]
 * @returns {Promise<any>} the response's JSON; null where it is empty.
 * @throws {ApiError} the server refuses, or does not respond. An abort stays an AbortError.
 */
export async function ask(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : response.json();
}

/**
 * Sends a request that a file answers.
 *
 * @param {string} method
 * @param {string} path
 * @param {RequestOptions} [options]
 * @returns {Promise<Blob>}
 * @throws {ApiError} as `ask` does.
 */
export async function askFile(method, path, options) {
  return (await send(method, path, options)).blob();
}

/** @param {string} method @param {string} path @param {RequestOptions} [options] @returns {Promise<Response>} */
async function send(method, path, { query, json, body, signal, keepalive } = {}) {
  const content = json === undefined ? body : JSON.stringify(json);
  const headers = json === undefined ? undefined : { "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(addQuery(path, query), { method, body: content, headers, signal, keepalive });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw loseConnection();
  }
  if (response.ok) return response;
  throw toError(response.status, response.headers.get("Retry-After"), await response.text());
}

/**
 * Uploads a large file and reports its progress.
 *
 * @param {string} path
 * @param {Blob} body
 * @param {{query?: Record<string, any>, signal: AbortSignal, onProgress: (share: number) => void}} options
 * @returns {Promise<any>} the response's JSON.
 * @throws {ApiError} as `ask` does. An abort is an AbortError.
 */
export function upload(path, body, { query, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch reports no progress of an upload
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      const { status, responseText } = request;
      if (status < 300) resolve(JSON.parse(responseText));
      else reject(toError(status, request.getResponseHeader("Retry-After"), responseText));
    };
    request.onerror = () => reject(loseConnection());
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", addQuery(path, query));
    request.send(body);
  });
}

/**
 * Retries while the server is busy or away.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {{signal?: AbortSignal, tries?: number}} [options] `tries` is how often the server may
 *   go away during an attempt; by default any number of times.
 * @returns {Promise<T>}
 * @throws {ApiError} a retry does not help.
 */
export async function retry(attempt, { signal, tries = Infinity } = {}) {
  for (let failures = 0; ;) {
    await connection.whenBack();
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.retryAfter) await wait(error.retryAfter);
      else if (error.code !== "unreachable" || ++failures === tries) throw error;
    }
  }
}

/**
 * Repeats an action until the view is left, less often where it takes long.
 *
 * @param {() => Promise<void>} action
 * @param {AbortSignal} signal
 */
export async function poll(action, signal) {
  for (let pause = POLL_PAUSE; ;) {
    await wait(pause / 1000);
    if (signal.aborted) return;
    const start = performance.now();
    await action();
    pause = Math.max(POLL_PAUSE, Math.min(POLL_SHARE * (performance.now() - start), LONGEST_PAUSE));
  }
}

/** @param {string} path @param {Record<string, any>} [query] */
function addQuery(path, query = {}) {
  const present = Object.entries(query).filter(([, value]) => value != null);
  return present.length ? `${path}?${new URLSearchParams(present)}` : path;
}

function loseConnection() {
  connection.markLost();
  return new ApiError(UNREACHABLE, 0, "unreachable");
}

/** @param {number} status @param {?string} retryAfter @param {string} text */
function toError(status, retryAfter, text) {
  let body;
  try {
    body = JSON.parse(text).error;
  } catch {
    body = { message: `the server responded with status ${status}.`, code: "failed" };
  }
  return new ApiError(body.message, status, body.code, Number(retryAfter));
}
