import { connection } from "./connection.js";

/** What the server refused, or that it does not answer; the message is for the user. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status the HTTP status; 0 where no answer came.
   * @param {string} code the server's name for it, or "unreachable".
   * @param {number} retryAfter seconds after which to try again; 0 where that would not help.
   */
  constructor(message, status, code, retryAfter = 0) {
    super(message);
    Object.assign(this, { status, code, retryAfter });
  }
}

const UNREACHABLE = "the Mien server does not answer; see whether it still runs.";

/** An address of the server: a path and a query, whose null and undefined parts are left out. */
export function addressOf(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/**
 * Asks the server.
 *
 * @param {string} method
 * @param {string} path
 * @param {{query?: Record<string, any>, json?: any, body?: BodyInit, signal?: AbortSignal,
 *   keepalive?: boolean}} [given] `json` is sent as such, `body` as it is.
 * @returns {Promise<any>} the JSON of its answer; null where that is empty.
 * @throws {ApiError} it refuses, or does not answer. An abort stays an AbortError.
 */
export async function ask(method, path, given = {}) {
  const { query, json, signal, keepalive } = given;
  const body = json === undefined ? given.body : JSON.stringify(json);
  const headers = json === undefined ? {} : { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(addressOf(path, query), { method, body, headers, signal, keepalive });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.lose();
    throw new ApiError(UNREACHABLE, 0, "unreachable");
  }
  if (!answer.ok) throw toError(answer.status, answer.headers.get("Retry-After"), await answer.text());
  return answer.status === 204 ? null : answer.json();
}

/**
 * Sends a large file, and tells how far that is.
 *
 * @param {string} path
 * @param {Blob} body
 * @param {{query?: Record<string, any>, signal: AbortSignal, onProgress: (part: number) => void}} given
 * @returns {Promise<any>} the JSON of the answer.
 * @throws {ApiError} as `ask` does. An abort is an AbortError.
 */
export function upload(path, body, { query, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      const { status, responseText } = request;
      if (status < 300) resolve(JSON.parse(responseText));
      else reject(toError(status, request.getResponseHeader("Retry-After"), responseText));
    };
    request.onerror = () => {
      connection.lose();
      reject(new ApiError(UNREACHABLE, 0, "unreachable"));
    };
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", addressOf(path, query));
    request.send(body);
  });
}

function toError(status, retryAfter, text) {
  let told;
  try {
    told = JSON.parse(text).error;
  } catch {
    told = { message: `the server answered with status ${status}.`, code: "failed" };
  }
  return new ApiError(told.message, status, told.code, Number(retryAfter));
}
