/** @import { Face, Result } from "../types.js" */
import { prepareCanvas } from "../canvas.js";
import { labelColor, labelsOf, UNSURE } from "../labels.js";

/**
 * Draws an image so that it fills the canvas, with the faces in the middle; whole, where they would
 * be cut off.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{width: number, height: number}} room in CSS pixels.
 * @param {?ImageBitmap} image
 * @param {?Result} result
 * @param {Face[]} faces
 */
export function drawPreview(canvas, room, image, result, faces) {
  if (!image) return;
  const { context, width, height } = prepareCanvas(canvas, room);
  const size = result ?? image, area = findArea(faces, size);
  const cover = Math.max(width / size.width, height / size.height);
  const isWhole = area.width * cover > width || area.height * cover > height;
  const scale = isWhole ? Math.min(width / size.width, height / size.height) : cover;
  const left = place(width, size.width * scale, (area.x + area.width / 2) * scale);
  const top = place(height, size.height * scale, (area.y + area.height / 2) * scale);
  context.drawImage(image, left, top, size.width * scale, size.height * scale);
  for (const face of faces) drawBox(context, face, left, top, scale);
}

/** The area of all faces; the middle where there are none. @param {Face[]} faces @param {{width: number, height: number}} size */
function findArea(faces, size) {
  if (!faces.length) return { x: size.width / 2, y: size.height / 2, width: 0, height: 0 };
  const x = Math.min(...faces.map(({ box }) => box[0])), right = Math.max(...faces.map(({ box }) => box[0] + box[2]));
  const y = Math.min(...faces.map(({ box }) => box[1])), bottom = Math.max(...faces.map(({ box }) => box[1] + box[3]));
  return { x, y, width: right - x, height: bottom - y };
}

/** Where an image begins, so that `center` is in the middle of the room and no room is left free. @param {number} room @param {number} length @param {number} center */
function place(room, length, center) {
  if (length <= room) return (room - length) / 2;
  return Math.max(Math.min(room / 2 - center, 0), room - length);
}

/** @param {CanvasRenderingContext2D} context @param {Face} face @param {number} left @param {number} top @param {number} scale */
function drawBox(context, face, left, top, scale) {
  const [x, y, width, height] = face.box.map((value) => value * scale);
  context.setLineDash(face.emotion === UNSURE ? [5, 3] : []);
  /** @type {[number, string][]} */
  const strokes = [[4, "#0008"], [2, labelColor(face.emotion, labelsOf(face))]];
  for (const [lineWidth, color] of strokes) {
    context.lineWidth = lineWidth;
    context.strokeStyle = color;
    context.strokeRect(left + x, top + y, width, height);
  }
}
