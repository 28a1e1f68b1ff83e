/** @import { Result } from "../types.js" */
import { contextOf } from "../canvas.js";
import { make, saveFile } from "../dom.js";
import { formatStamp } from "../format.js";
import { paintFaces } from "../overlay.js";

/**
 * Saves what the camera shows now, with the faces of the last result, as a PNG.
 *
 * @param {HTMLVideoElement} video
 * @param {?Result} result
 */
export function saveSnapshot(video, result) {
  const canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
  const context = contextOf(canvas);
  context.drawImage(video, 0, 0);
  if (result) paintFaces(context, result, video.videoWidth / result.width);
  canvas.toBlob((png) => { if (png) saveFile(png, `mien-${formatStamp()}.png`); });
}
