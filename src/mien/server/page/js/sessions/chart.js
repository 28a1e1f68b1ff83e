/** @import { Curve, Marker } from "../types.js" */
/** @import { Model } from "./model.js" */
import { contextOf, drawStack, prepareCanvas } from "../canvas.js";
import { make } from "../dom.js";
import { formatClock } from "../format.js";
import { cssColor, labelColor, UNSURE } from "../labels.js";
import { segmentsOf } from "./frames.js";

/**
 * @typedef {{from: number, to: number, span: number}} Range
 * @typedef {(time: number) => number} XOf the x of a time.
 */

/** Pixels: left of the chart, the axis below, the strip of labels, the break above it, and an interval's bar. */
const LEFT = 44, AXIS = 20, STRIP = 14, BREAK = 4, BAR = 5;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const DAY = 86_400;
const TICK = 80; // pixels from one time to the next, at least

/** The x of a time in a chart. @param {Range} range @param {number} time @param {number} width */
export const toX = (range, time, width) => LEFT + (time - range.from) / range.span * (width - LEFT);

/** The time of an x. @param {Range} range @param {number} x @param {number} width */
export const toTime = (range, x, width) => range.from + (x - LEFT) / (width - LEFT) * range.span;

/**
 * Draws the chosen person's timeline: stacked probabilities, a strip of labels, the markers.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Model} model
 */
export function drawChart(canvas, model) {
  const { context, width, height } = prepareCanvas(canvas);
  const chart = height - AXIS - STRIP - BREAK;
  /** @type {XOf} */
  const xOf = (time) => toX(model.time, time, width);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = cssColor("empty");
  context.fillRect(LEFT, 0, width - LEFT, chart);
  context.fillRect(LEFT, chart + BREAK, width - LEFT, STRIP);
  context.save();
  context.beginPath();
  context.rect(LEFT, 0, width - LEFT, height);
  context.clip();
  if (model.curve) drawCurve(context, model, model.curve, xOf, chart);
  drawMarkers(context, markersOf(model), xOf, chart);
  context.restore();
  drawPercentages(context, chart);
  drawTimes(context, model.time, xOf, width, height);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Model} model
 * @param {Curve} curve
 * @param {XOf} xOf
 * @param {number} chart
 */
function drawCurve(context, { hidden, interval }, curve, xOf, chart) {
  /** @param {number} point */
  const valuesAt = (point) => Object.fromEntries(
    Object.entries(curve.values).map(([label, values]) => [label, values[point]]));
  for (const [first, last] of segmentsOf(curve)) {
    const points = [];
    for (let point = first; point <= last; point++) {
      points.push({ x: xOf(curve.times[point]), values: valuesAt(point) });
    }
    points.push({ x: xOf(curve.times[last] + interval), values: valuesAt(last) });
    drawStack(context, points, chart, (label) => !hidden.has(label));
    drawStrip(context, curve, [first, last], points, chart + BREAK);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Curve} curve
 * @param {[number, number]} segment
 * @param {{x: number}[]} points
 * @param {number} top
 */
function drawStrip(context, curve, [first, last], points, top) {
  const labels = Object.keys(curve.values);
  /** @type {Record<string, string|CanvasPattern>} */
  const fills = {};
  let start = first;
  for (let point = first; point <= last; point++) {
    const label = curve.labels[point];
    if (point < last && curve.labels[point + 1] === label) continue; // two would show their boundary
    const left = points[start - first].x;
    context.fillStyle = fills[label] ??= label === UNSURE ? makeHatch(context) : labelColor(label, labels);
    context.fillRect(left, top, points[point - first + 1].x - left, STRIP);
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

/** The markers about the chosen person or everybody. @param {Model} model */
const markersOf = ({ markers, person }) => markers.filter((marker) => marker.person === null || marker.person === person);

/**
 * A flag for a marker, a bar at the top for an interval; what is left out of summaries is hatched.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Marker[]} markers
 * @param {XOf} xOf
 * @param {number} chart
 */
function drawMarkers(context, markers, xOf, chart) {
  for (const { time, duration, excluded } of markers) {
    const x = xOf(time), end = xOf(time + duration);
    if (excluded) {
      context.globalAlpha = 0.7;
      context.fillStyle = makeHatch(context);
      context.fillRect(x, 0, end - x, chart);
      context.globalAlpha = 1;
    }
    context.fillStyle = context.strokeStyle = cssColor("text");
    drawDashes(context, x, chart);
    if (duration) {
      drawDashes(context, end, chart);
      context.fillRect(x, 0, Math.max(end - x, 2), BAR);
    } else {
      context.beginPath();
      for (const [right, down] of [[-5, 0], [5, 0], [0, 8]]) context.lineTo(x + right, down);
      context.fill();
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} chart */
function drawDashes(context, x, chart) {
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, chart);
  context.stroke();
  context.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} context @param {number} chart */
function drawPercentages(context, chart) {
  context.fillStyle = cssColor("muted");
  context.textAlign = "right";
  /** @type {[number, CanvasTextBaseline][]} */
  const ticks = [[0, "bottom"], [50, "middle"], [100, "top"]];
  for (const [percentage, baseline] of ticks) {
    context.textBaseline = baseline;
    context.fillText(`${percentage} %`, LEFT - 6, chart * (1 - percentage / 100));
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Range} range
 * @param {XOf} xOf
 * @param {number} width
 * @param {number} height
 */
function drawTimes(context, range, xOf, width, height) {
  const step = STEPS.find((seconds) => range.span / seconds <= (width - LEFT) / TICK) ?? DAY;
  context.textBaseline = "bottom";
  context.strokeStyle = cssColor("edge");
  for (let tick = Math.ceil(range.from / step); tick * step <= range.to; tick++) {
    const x = xOf(tick * step);
    context.textAlign = x > width - 24 ? "right" : x < LEFT + 12 ? "left" : "center";
    context.fillText(formatClock(tick * step, step < 1), x, height - 2);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height - AXIS);
    context.stroke();
  }
}
