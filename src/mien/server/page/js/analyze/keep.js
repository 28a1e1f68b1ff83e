import { ask } from "../api.js";
import { count } from "../format.js";

const MOST = 500; // photos sent at once; the server takes a thousand

/**
 * Keeps the results of photos as a session for each model that was used, without the pictures.
 *
 * @param {{file: File, result: object, model: string}[]} photos
 * @returns {Promise<object[]>} the sessions.
 * @throws {import("../api.js").ApiError}
 */
export function keepPhotos(photos) {
  const models = [...new Set(photos.map(({ model }) => model))];
  return Promise.all(models.map((model) => keepAs(photos.filter((one) => one.model === model), model)));
}

async function keepAs(photos, model) {
  const json = { name: nameOf(photos), kind: "photo", model };
  const session = await ask("POST", "/v1/sessions", { json });
  const frames = photos.map(toFrame);
  for (let at = 0; at < frames.length; at += MOST) {
    const part = { frames: frames.slice(at, at + MOST) };
    await ask("POST", `/v1/sessions/${session.id}/frames`, { json: part });
  }
  return ask("PATCH", `/v1/sessions/${session.id}`, { json: { status: "done" } });
}

const nameOf = (photos) => (photos.length === 1 ? photos[0].file.name : count(photos.length, "photo"));

function toFrame({ file, result: { width, height, faces } }, frame) {
  return { frame, source: file.name.slice(0, 200), width, height, faces };
}
