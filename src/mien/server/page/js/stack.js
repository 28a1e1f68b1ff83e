import { colorOf, LAYERS } from "./emotions.js";

/**
 * Draws probabilities over time, stacked to 100 %, neutral at the foot.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {{x: number, values: Record<string, number>}[]} points from left to right, without a gap;
 *   `x` in the pen's pixels.
 * @param {number} height of the drawing, from the pen's origin down.
 * @param {(emotion: string) => boolean} [isShown] which layers are filled; the others leave room.
 */
export function drawStack(pen, points, height, isShown = () => true) {
  const foot = points.map(() => 0);
  for (const emotion of LAYERS) {
    const top = foot.map((part, at) => part + points[at].values[emotion]);
    if (isShown(emotion)) fillBetween(pen, points, foot, top, height, colorOf(emotion));
    top.forEach((part, at) => { foot[at] = part; });
  }
}

function fillBetween(pen, points, foot, top, height, color) {
  pen.fillStyle = color;
  pen.beginPath();
  points.forEach(({ x }, at) => pen.lineTo(x, height * (1 - top[at])));
  for (let at = points.length - 1; at >= 0; at--) pen.lineTo(points[at].x, height * (1 - foot[at]));
  pen.fill();
}
