/** @import { Face, ModelChoice, Result, Session } from "../types.js" */
/** @import { Item } from "./item.js" */
import { ask, retry } from "../api.js";
import { make } from "../dom.js";
import { makeFaceDetails } from "../face.js";
import { formatCount } from "../format.js";
import { makeOverlay } from "../overlay.js";

const TRIES = 3;
const BATCH = 500; // photos sent at once; the server takes a thousand

/** @typedef {Item & {result: Result}} AnalyzedPhoto */

/**
 * Analyzes a photo and shows its faces. The item's `result` is then the server's response; its
 * `release` frees the image.
 *
 * @param {Item} item
 * @param {ModelChoice & {unsure_below: number, profile: ?string}} settings
 */
export async function analyzePhoto(item, settings) {
  const { file, signal } = item, query = { face_ids: true, ...settings };
  const send = () => ask("POST", "/v1/analyze", { query, body: file, signal });
  /** @type {Result} */
  const result = await retry(send, { signal, tries: TRIES });
  const { element, release } = showPhoto(file, result);
  Object.assign(item, { result, release });
  item.body.replaceChildren(element, make("div", { class: "faces" }, ...result.faces.map(makeFace)));
  item.showStatus(result.faces.length ? formatCount(result.faces.length, "face") : "No face detected");
}

/** @param {File} file @param {Result} result */
function showPhoto(file, result) {
  const address = URL.createObjectURL(file);
  const image = make("img", { src: address, alt: `${file.name} with numbered faces`, loading: "lazy" });
  const overlay = makeOverlay(image);
  image.addEventListener("error", () => overlay.element.replaceWith(
    make("p", { class: "muted" }, "This browser cannot display this image format.")));
  overlay.show(result);
  const release = () => {
    overlay.release();
    URL.revokeObjectURL(address);
  };
  return { element: overlay.element, release };
}

/** @param {Face} face @param {number} index */
function makeFace(face, index) {
  const name = `Face ${index + 1}`;
  const details = makeFaceDetails(name, () => (face.face_id ? { face_id: face.face_id } : null));
  details.show(face);
  return make("section", { class: "face", "aria-label": name }, ...details.elements);
}

/**
 * Saves the results of photos, not the images, as one session for each model, base rates and profile.
 *
 * @param {AnalyzedPhoto[]} photos
 * @returns {Promise<Session[]>}
 * @throws {import("../api.js").ApiError}
 */
export function saveResults(photos) {
  const groups = Map.groupBy(photos, ({ settings: { model, prior, detector, profile } }) => JSON.stringify([model, prior, detector, profile]));
  return Promise.all([...groups.values()].map(saveSession));
}

/** @param {AnalyzedPhoto[]} photos @returns {Promise<Session>} */
async function saveSession(photos) {
  const [{ file, settings: { model, prior, detector, profile } }] = photos;
  const name = photos.length === 1 ? file.name : formatCount(photos.length, "photo");
  const session = await ask("POST", "/v1/sessions", { json: { name, kind: "photo", model, prior, detector, profile } });
  const frames = photos.map(toFrame), path = `/v1/sessions/${session.id}`;
  for (let start = 0; start < frames.length; start += BATCH) {
    await ask("POST", `${path}/frames`, { json: { frames: frames.slice(start, start + BATCH) } });
  }
  return ask("PATCH", path, { json: { status: "done" } });
}

/** @param {AnalyzedPhoto} photo @param {number} frame */
function toFrame({ file, result: { width, height, faces } }, frame) {
  return { frame, source: file.name.slice(0, 200), width, height, faces };
}
