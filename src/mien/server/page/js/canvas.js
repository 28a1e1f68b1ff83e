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
 * @returns its context, in CSS pixels, and its size.
 */
export function prepareCanvas(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas, ratio = devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = contextOf(canvas);
  context.scale(ratio, ratio);
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
