import { ask } from "../api.js";
import { count } from "../format.js";

const MOST = 500; // photos sent at once; the server takes a thousand

/**
 * Keeps the results of photos as a session for each model and profile that answered, without the
 * pictures.
 *
 * @param {{file: File, result: object, model: string, profile: ?string}[]} photos
 * @returns {Promise<object[]>} the sessions.
 * @throws {import("../api.js").ApiError}
 */
export function keepPhotos(photos) {
  const byAnswerer = Map.groupBy(photos, ({ model, profile }) => JSON.stringify([model, profile]));
  return Promise.all([...byAnswerer.values()].map(keepTogether));
}

async function keepTogether(photos) {
  const [{ model, profile }] = photos;
  const json = { name: nameOf(photos), kind: "photo", model, profile };
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
