/** @import { Curve, Marker } from "../../types.js" */
/** @import { Plot } from "./plot.js" */
/** @import { Stretch } from "./range.js" */
import { contextOf, drawStack } from "../../canvas.js";
import { make } from "../../dom.js";
import { formatClock } from "../../format.js";
import { cssColor, labelColor, UNSURE } from "../../labels.js";
import { segmentsOf } from "../frames.js";

/** @typedef {{canvas: HTMLCanvasElement, from: number, to: number}} Layer a timeline drawn once, for a stretch. */

const STRIP = 10, GAP = 2; // pixels: labels below a large chart, and what is between them
const LARGE = 48; // pixels: a chart of this height has room for both
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const DAY = 86_400;
const TICK = 80; // pixels from one time to the next, at least

/**
 * Draws a person's timeline: stacked probabilities, or a strip of labels; both where there is room.
 *
 * @param {Curve|undefined} curve
 * @param {Stretch} stretch
 * @param {{width: number, height: number}} size
 * @param {{hidden: Set<string>, interval: number, isStrip: boolean}} options
 * @returns {Layer}
 */
export function drawLayer(curve, { from, to }, { width, height }, options) {
  const ratio = devicePixelRatio, canvas = make("canvas", { width: Math.round(width * ratio) || 1, height: Math.round(height * ratio) || 1 });
  const context = contextOf(canvas);
  context.scale(ratio, ratio);
  context.fillStyle = cssColor("empty");
  context.fillRect(0, 0, width, height);
  /** @param {number} time */
  const xOf = (time) => (time - from) / (to - from) * width;
  if (curve) drawCurve(context, curve, xOf, height, options);
  return { canvas, from, to };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Curve} curve
 * @param {(time: number) => number} xOf
 * @param {number} height
 * @param {{hidden: Set<string>, interval: number, isStrip: boolean}} options
 */
function drawCurve(context, curve, xOf, height, { hidden, interval, isStrip }) {
  const isLarge = height >= LARGE, chart = isLarge ? height - STRIP - GAP : height;
  const labels = Object.entries(curve.values);
  for (const [first, last] of segmentsOf(curve)) {
    const points = [];
    for (let point = first; point <= last + 1; point++) {
      const at = Math.min(point, last), values = /** @type {Record<string, number>} */ ({});
      for (const [label, column] of labels) values[label] = column[at];
      points.push({ x: xOf(curve.times[at] + (point > last ? interval : 0)), values });
    }
    if (!isStrip) drawStack(context, points, chart, (label) => !hidden.has(label));
    if (isStrip) drawStrip(context, curve, [first, last], points, 0, height);
    else if (isLarge) drawStrip(context, curve, [first, last], points, chart + GAP, STRIP);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Curve} curve
 * @param {[number, number]} segment
 * @param {{x: number}[]} points
 * @param {number} top
 * @param {number} height
 */
function drawStrip(context, curve, [first, last], points, top, height) {
  const labels = Object.keys(curve.values);
  /** @type {Record<string, string|CanvasPattern>} */
  const fills = {};
  let start = first;
  for (let point = first; point <= last; point++) {
    const label = curve.labels[point];
    if (point < last && curve.labels[point + 1] === label) continue; // two would show their boundary
    const left = points[start - first].x;
    context.fillStyle = fills[label] ??= label === UNSURE ? makeHatch(context) : labelColor(label, labels);
    context.fillRect(left, top, points[point - first + 1].x - left, height);
    start = point + 1;
  }
}

/**
 * Unsure is hatched, so that it does not depend on its colour alone.
 *
 * @param {CanvasRenderingContext2D} context
 */
function makeHatch(context) {
  const tile = make("canvas", { width: 6, height: 6 }), brush = contextOf(tile);
  brush.fillStyle = cssColor("unsure");
  brush.fillRect(0, 0, 6, 6);
  brush.strokeStyle = cssColor("hatch");
  brush.lineWidth = 1.5;
  for (const x of [-3, 3, 9]) {
    brush.moveTo(x - 4, 7);
    brush.lineTo(x + 4, -1);
  }
  brush.stroke();
  return context.createPattern(tile, "repeat") ?? cssColor("unsure");
}

/**
 * Shows a layer where its stretch lies in the visible range.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Layer} layer
 * @param {Plot} plot
 * @param {number} height
 */
export function paintLayer(context, { canvas, from, to }, plot, height) {
  const start = Math.max(from, plot.time.from), end = Math.min(to, plot.time.to);
  if (start >= end) return;
  const scale = canvas.width / (to - from), left = plot.xOf(start);
  context.drawImage(canvas, (start - from) * scale, 0, (end - start) * scale, canvas.height, left, 0, plot.xOf(end) - left, height);
}

/**
 * Markers as lines and intervals as bands, over a person's chart; what is left out of summaries is hatched.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Marker[]} markers
 * @param {Plot} plot
 * @param {number} height
 */
export function paintMarkers(context, markers, plot, height) {
  context.strokeStyle = cssColor("text");
  for (const { time, duration, excluded } of markers) {
    const x = plot.xOf(time), end = plot.xOf(time + duration);
    if (end < 0 || x > plot.width) continue;
    if (excluded) {
      context.globalAlpha = 0.7;
      context.fillStyle = makeHatch(context);
      context.fillRect(x, 0, end - x, height);
    } else if (duration) {
      context.globalAlpha = 0.16;
      context.fillStyle = cssColor("text");
      context.fillRect(x, 0, end - x, height);
    }
    context.globalAlpha = 1;
    for (const edge of duration ? [x, end] : [x]) drawDashes(context, edge, height);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} height */
function drawDashes(context, x, height) {
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, height);
  context.stroke();
  context.setLineDash([]);
}

/**
 * Writes the times of an axis.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Plot} plot
 * @param {number} height in pixels.
 */
export function drawTimes(context, plot, height) {
  const { time, width } = plot;
  const step = STEPS.find((seconds) => time.span / seconds <= width / TICK) ?? DAY;
  const style = getComputedStyle(document.body);
  context.font = `${style.fontWeight} 12px ${style.fontFamily}`;
  context.fillStyle = cssColor("muted");
  context.strokeStyle = cssColor("control");
  context.textBaseline = "middle";
  for (let tick = Math.ceil(time.from / step); tick * step <= time.to; tick++) {
    const x = Math.round(plot.xOf(tick * step)) + 0.5;
    context.textAlign = "left";
    context.beginPath();
    context.moveTo(x, height - 6);
    context.lineTo(x, height);
    context.stroke();
    if (x < width - 40) context.fillText(formatClock(tick * step, step < 1), x + 4, height / 2);
  }
}
