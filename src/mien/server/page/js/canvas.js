/** @import { Probabilities } from "./types.js" */
import { labelColor, stackOrder } from "./labels.js";

/** A canvas's 2D context. @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/**
 * Clears a canvas and gives it as many pixels as the screen shows of it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{width: number, height: number}} [size] in CSS pixels, where it is known: to measure it
 *   anew for each drawing would have the browser lay out the page each time.
 * @returns its context, in CSS pixels, and its size.
 */
export function prepareCanvas(canvas, size = { width: canvas.clientWidth, height: canvas.clientHeight }) {
  const { width, height } = size, ratio = devicePixelRatio, context = contextOf(canvas);
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * Draws probabilities over time as a stacked area chart.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, values: Probabilities}[]} points from left to right, without a gap.
 * @param {number} height of the chart, from the context's origin down.
 * @param {(label: string) => boolean} [isVisible] which labels are filled; the others leave room.
 */
export function drawStack(context, points, height, isVisible = () => true) {
  const labels = Object.keys(points[0]?.values ?? {}), foot = points.map(() => 0);
  for (const label of stackOrder(labels)) {
    const top = foot.map((share, index) => share + (points[index].values[label] ?? 0));
    if (isVisible(label)) fillBetween(context, points, foot, top, height, labelColor(label, labels));
    top.forEach((share, index) => { foot[index] = share; });
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number}[]} points
 * @param {number[]} foot
 * @param {number[]} top
 * @param {number} height
 * @param {string} color
 */
function fillBetween(context, points, foot, top, height, color) {
  context.fillStyle = color;
  context.beginPath();
  points.forEach(({ x }, index) => context.lineTo(x, height * (1 - top[index])));
  for (let index = points.length - 1; index >= 0; index--) {
    context.lineTo(points[index].x, height * (1 - foot[index]));
  }
  context.fill();
}
