/** @import { Result } from "../types.js" */
/** @import { Item } from "./item.js" */
import { contextOf } from "../canvas.js";
import { make } from "../dom.js";
import { paintFaces } from "../overlay.js";
import { settings } from "../settings.js";
import { facesOf } from "./faces.js";
import { Archive } from "./zip.js";

const QUALITY = 0.92;
const READABLE = 1000; // pixels of width at which labels have their usual size; they grow with the image

/** @param {Item} item */
export const nameAnnotated = ({ name }) => `${name.replace(/\.[^.]*$/, "")}-labels.jpg`;

/**
 * Draws a photo with boxes and labels, in its full size.
 *
 * @param {Item} item
 * @returns {Promise<?Blob>} a JPEG; null where this browser cannot display the photo's format.
 */
export async function drawAnnotated(item) {
  const image = await createImageBitmap(item.file).catch(() => null);
  if (!image || !item.result) return null;
  const { width, height } = image, canvas = make("canvas", { width, height }), context = contextOf(canvas);
  context.fillStyle = "#ffffff"; // a JPEG has no transparency
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  image.close();
  paint(context, { ...item.result, faces: facesOf(item, settings.values.threshold) }, width);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

/** @param {CanvasRenderingContext2D} context @param {Result} result @param {number} width */
function paint(context, result, width) {
  const zoom = Math.max(width / READABLE, 1);
  context.scale(zoom, zoom);
  paintFaces(context, result, width / zoom / result.width);
}

/**
 * Draws photos with boxes and labels into a ZIP file, one after the other.
 *
 * @param {Item[]} items
 * @param {(done: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<{archive: Blob, left: number}>} `left` is how many this browser cannot display.
 */
export async function archiveAnnotated(items, onProgress, signal) {
  const archive = new Archive();
  let left = 0;
  for (const [index, item] of items.entries()) {
    signal.throwIfAborted();
    onProgress(index);
    const image = await drawAnnotated(item);
    if (image) await archive.add(nameAnnotated(item), image);
    else left++;
  }
  return { archive: archive.close(), left };
}
