/**
 * The messages between a survey's page and `embed.html` in an iframe. Both sides drop messages of other senders.
 *
 * To the embed: `hello` asks whether it is there; `start` begins a trial, `stop` ends it. To the page: `ready` answers
 * `hello`; `status` says that the camera's status changed; `summary` holds the columns of a trial, each second
 * (`final` is false) and after `stop`; `error` says why a message was not understood.
 *
 * @typedef {{mien: 1, type: "hello"} | {mien: 1, type: "start"|"stop", trial: string}} Request
 * @typedef {import("./camera.js").CameraStatus} CameraStatus
 * @typedef {{type: "ready"|"status", status: CameraStatus}
 *   | {type: "summary", trial: string, final: boolean, columns: Record<string, unknown>}
 *   | {type: "error", reason: string}} Body
 * @typedef {{mien: 1} & Body} Reply
 */
/** @import { Texts } from "./consent.js" */
import { MienError } from "../src/index.js";
import { TEXTS } from "./consent.js";

export const VERSION = 1;
const TYPES = ["hello", "start", "stop"];

/**
 * Reads the origins that may talk to the embed from the hash of its URL, as
 * `#origins=https://a.example,https://b.example`.
 *
 * @param {string} hash
 * @returns {string[]}
 * @throws {MienError} there is none, or one is no origin; `*` is refused.
 */
export function readOrigins(hash) {
  const origins = (new URLSearchParams(hash.replace(/^#/, "")).get("origins") ?? "").split(",").filter(Boolean);
  if (!origins.length) {
    const remedy = "add #origins=https://your-survey.example to the URL";
    throw new MienError("no page may receive results", { remedy });
  }
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new MienError("is not an origin", { subject: origin, remedy: "write it as https://your-survey.example" });
    }
  }
  return origins;
}

/**
 * Reads the texts that the hash has in place of `TEXTS`, as `&start=Kamera%20starten`.
 *
 * @param {string} hash
 * @returns {Partial<Texts>}
 */
export function readTexts(hash) {
  const given = [...new URLSearchParams(hash.replace(/^#/, ""))];
  return Object.fromEntries(given.filter(([name]) => Object.hasOwn(TEXTS, name)));
}

/**
 * Reads a message; null where it is not for Mien, or from a page that is not allowed.
 *
 * @param {{data: unknown, origin: string}} event
 * @param {readonly string[]} origins
 * @returns {?Request}
 * @throws {MienError} it is for Mien, and of another version or type.
 */
export function readRequest({ data, origin }, origins) {
  if (!origins.includes(origin) || typeof data !== "object" || data === null || !("mien" in data)) return null;
  const { mien, type, trial } = /** @type {Record<string, unknown>} */ (data);
  if (mien !== VERSION) {
    throw new MienError(`version ${mien} of the protocol is not known`, { remedy: `send mien: ${VERSION}` });
  }
  if (!TYPES.includes(String(type))) {
    throw new MienError(`there is no message '${type}'`, { remedy: `choose from ${TYPES.join(", ")}` });
  }
  if (type !== "hello" && (typeof trial !== "string" || !trial)) {
    throw new MienError(`the message '${type}' names no trial`, { remedy: "add trial, a text" });
  }
  return /** @type {Request} */ (data);
}
