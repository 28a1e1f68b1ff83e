/** @import { Session } from "../types.js" */
/** @import { Item } from "./item.js" */
import { ask, askFile } from "../api.js";
import { formatCount, formatStamp } from "../format.js";
import { settings } from "../settings.js";
import { facesOf } from "./faces.js";

const BATCH = 500; // photos sent at once; the server takes a thousand
const LONGEST_NAME = 200; // characters

/** The photos of a list that were analyzed. @param {Item[]} items */
export const analyzedOf = (items) => items.filter(({ result }) => result !== null);

/**
 * Saves the results of photos, not the images, as one session for each model, base rates, detector
 * and profile.
 *
 * @param {Item[]} photos
 * @returns {Promise<Session[]>}
 * @throws {import("../api.js").ApiError}
 */
export function saveResults(photos) {
  const groups = Map.groupBy(photos, ({ settings: chosen }) => JSON.stringify(chosen));
  return Promise.all([...groups.values()].map(saveSession));
}

/** @param {Item[]} photos @returns {Promise<Session>} */
async function saveSession(photos) {
  const name = photos.length === 1 ? shorten(photos[0].name) : formatCount(photos.length, "photo");
  const session = await ask("POST", "/v1/sessions", { json: { name, kind: "photo", ...photos[0].settings } });
  const frames = photos.map(toFrame), path = `/v1/sessions/${session.id}`;
  for (let start = 0; start < frames.length; start += BATCH) {
    await ask("POST", `${path}/frames`, { json: { frames: frames.slice(start, start + BATCH) } });
  }
  return ask("PATCH", path, { json: { status: "done" } });
}

/**
 * The records of photos as files, one row for each face; nothing is stored. A file has the records of
 * one model, base rates and detector.
 *
 * @param {Item[]} photos
 * @param {string} format one of `FORMATS`.
 * @returns {Promise<{blob: Blob, name: string}[]>}
 * @throws {import("../api.js").ApiError}
 */
export function makeRecords(photos, format) {
  const groups = [...Map.groupBy(photos, ({ settings: chosen }) => JSON.stringify({ ...chosen, profile: null })).values()];
  return Promise.all(groups.map(async (group, index) => {
    const json = { ...group[0].settings, frames: group.map(toFrame) }, number = groups.length > 1 ? `-${index + 1}` : "";
    const blob = await askFile("POST", "/v1/records", { query: { format }, json });
    return { blob, name: `mien-${formatStamp()}${number}.${format}` };
  }));
}

/** @param {Item} photo @param {number} frame */
function toFrame(photo, frame) {
  const { width, height } = /** @type {import("../types.js").Result} */ (photo.result);
  const faces = facesOf(photo, settings.values.threshold).map((face) => ({ ...face, landmarks: undefined })); // not stored
  return { frame, source: shorten(photo.name), width, height, faces };
}

/** A name that the server takes; an emoji is not cut apart. @param {string} name */
const shorten = (name) => [...name].slice(0, LONGEST_NAME).join("");
