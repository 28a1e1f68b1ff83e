/** @import { Result } from "../types.js" */
import { ask, retry } from "../api.js";
import { formatCount } from "../format.js";

const TRIES = 3;

/**
 * Analyzes a photo; the item's `result` is then the server's response. The page applies the
 * confidence threshold itself, so that a change of it needs no request.
 *
 * @type {import("./item.js").Analysis}
 */
export async function analyzePhoto(item, signal) {
  const query = { face_ids: true, ...item.settings };
  const send = () => ask("POST", "/v1/analyze", { query, body: item.file, signal });
  /** @type {Result} */
  const result = await retry(send, { signal, tries: TRIES });
  signal.throwIfAborted();
  item.result = result;
  item.showStatus(formatFaces(result.faces.length));
}

/** @param {number} count */
const formatFaces = (count) => (count ? formatCount(count, "face") : "No face detected");
