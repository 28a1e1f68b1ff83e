import { colorOf, UNSURE } from "../emotions.js";
import { clock } from "../format.js";
import { drawStack } from "../stack.js";
import { partsOf } from "./curves.js";

/** Pixels: left of the drawing, the times below, the strip of labels, and a break above it. */
export const LEFT = 44;
const AXIS = 20, STRIP = 14, BREAK = 4;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const TICK = 80; // pixels from one time to the next, at least

/** The place of a time in a drawing that is `width` pixels wide. */
export const toX = (time, at, width) => LEFT + (at - time.from) / time.span * (width - LEFT);

/** The time of a place. */
export const toTime = (time, x, width) => time.from + (x - LEFT) / (width - LEFT) * time.span;

/**
 * Draws the chosen person's timeline: the probabilities stacked, the labels as a strip, the marks.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {import("./model.js").Model} model
 */
export function drawTimeline(canvas, model) {
  const pen = prepare(canvas), width = canvas.clientWidth, height = canvas.clientHeight;
  const x = (time) => toX(model.time, time, width);
  const chart = height - AXIS - STRIP - BREAK;
  for (const [top, high] of [[0, chart], [chart + BREAK, STRIP]]) {
    pen.fillStyle = colorOf("empty");
    pen.fillRect(LEFT, top, width - LEFT, high);
  }
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, 0, width - LEFT, height);
  pen.clip();
  if (model.curve) drawCurve(pen, model, x, chart);
  drawMarks(pen, model.marks, x, chart);
  pen.restore();
  drawParts(pen, chart);
  drawTimes(pen, model.time, x, width, height);
}

function prepare(canvas) {
  const pen = canvas.getContext("2d"), ratio = devicePixelRatio;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  pen.scale(ratio, ratio);
  pen.font = "12px system-ui, sans-serif";
  return pen;
}

function drawCurve(pen, model, x, chart) {
  const { curve, hidden, interval } = model;
  const valuesAt = (point) => Object.fromEntries(
    Object.entries(curve.values).map(([emotion, values]) => [emotion, values[point]]));
  for (const [first, last] of partsOf(curve)) {
    const points = [];
    for (let at = first; at <= last; at++) points.push({ x: x(curve.times[at]), values: valuesAt(at) });
    points.push({ x: x(curve.times[last] + interval), values: valuesAt(last) });
    drawStack(pen, points, chart, (emotion) => !hidden.has(emotion));
    drawLabels(pen, curve, [first, last], points, chart + BREAK);
  }
}

function drawLabels(pen, curve, [first, last], points, top) {
  const fills = {};
  let begin = first;
  for (let at = first; at <= last; at++) {
    const label = curve.labels[at];
    if (at < last && curve.labels[at + 1] === label) continue; // one piece: two would show a seam
    const left = points[begin - first].x;
    pen.fillStyle = fills[label] ??= label === UNSURE ? hatch(pen) : colorOf(label);
    pen.fillRect(left, top, points[at - first + 1].x - left, STRIP);
    begin = at + 1;
  }
}

/** Unsure is told by hatching, too, not by its colour alone. */
function hatch(pen) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const brush = tile.getContext("2d");
  brush.fillStyle = colorOf("unsure");
  brush.fillRect(0, 0, 6, 6);
  brush.strokeStyle = colorOf("hatch");
  brush.lineWidth = 1.5;
  for (const at of [-3, 3, 9]) {
    brush.moveTo(at - 4, 7);
    brush.lineTo(at + 4, -1);
  }
  brush.stroke();
  return pen.createPattern(tile, "repeat");
}

function drawMarks(pen, marks, x, chart) {
  pen.fillStyle = pen.strokeStyle = colorOf("text");
  for (const { time } of marks) {
    const at = x(time);
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(at, 0);
    pen.lineTo(at, chart);
    pen.stroke();
    pen.beginPath();
    for (const [aside, down] of [[-5, 0], [5, 0], [0, 8]]) pen.lineTo(at + aside, down);
    pen.fill();
  }
  pen.setLineDash([]);
}

function drawParts(pen, chart) {
  pen.fillStyle = colorOf("quiet");
  pen.textAlign = "right";
  for (const [part, baseline] of [[0, "bottom"], [50, "middle"], [100, "top"]]) {
    pen.textBaseline = baseline;
    pen.fillText(`${part} %`, LEFT - 6, chart * (1 - part / 100));
  }
}

function drawTimes(pen, time, x, width, height) {
  const step = STEPS.find((one) => time.span / one <= (width - LEFT) / TICK) ?? 86_400;
  pen.textBaseline = "bottom";
  pen.strokeStyle = colorOf("edge");
  for (let tick = Math.ceil(time.from / step); tick * step <= time.to; tick++) {
    const at = x(tick * step);
    pen.textAlign = at > width - 24 ? "right" : at < LEFT + 12 ? "left" : "center";
    pen.fillText(clock(tick * step, step < 1), at, height - 2);
    pen.beginPath();
    pen.moveTo(at, 0);
    pen.lineTo(at, height - AXIS);
    pen.stroke();
  }
}
