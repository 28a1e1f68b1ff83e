/** @import { Face, Result } from "./types.js" */
import { prepareCanvas } from "./canvas.js";
import { make } from "./dom.js";
import { formatLabel, labelColor, labelsOf, UNSURE } from "./labels.js";

/**
 * @typedef {object} OverlayOptions
 * @property {(face: Face, index: number) => string|number} [nameOf] what stands before a face's
 *   label: by default the person's id, or the face's place from 1.
 * @property {boolean} [mirrored] whether the image is shown as a mirror would.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rectangle
 */

const FONT = 14, PADDING = 6, SWATCH = 10, RADIUS = 6; // CSS pixels

/**
 * An image or a video with the boxes of a result drawn over it, at any size.
 *
 * @param {HTMLImageElement|HTMLVideoElement} media
 */
export function makeOverlay(media) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const element = make("div", { class: "media" }, media, canvas);
  let size = { width: 0, height: 0 }, shape = "";
  /** @type {?Result} */
  let displayed = null;
  /** @type {OverlayOptions} */
  let options = {};
  const draw = () => {
    const { context, width, height } = prepareCanvas(canvas, size);
    if (displayed) paintInto(context, displayed, { width, height }, options);
  };
  const observer = new ResizeObserver(([{ contentRect: { width, height } }]) => {
    size = { width, height };
    draw();
  });
  observer.observe(canvas);
  /**
   * Draws the boxes of a result; null clears.
   *
   * @param {?Result} result
   * @param {OverlayOptions} [changed]
   */
  const show = (result, changed = {}) => {
    [displayed, options] = [result, changed];
    if (result && shape !== (shape = `${result.width}:${result.height}`)) setShape(element, result);
    draw();
  };
  return { element, show, release: () => observer.disconnect() };
}

/**
 * Gives the element its image's aspect ratio, so that a box lies where its face does.
 *
 * @param {HTMLElement} element
 * @param {{width: number, height: number}} size
 */
export function setShape(element, { width, height }) {
  element.style.setProperty("--wide", `${width}`);
  element.style.setProperty("--high", `${height}`);
}

/**
 * Draws boxes and labels where an image lies that fits an area, in its middle.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Result} result
 * @param {{width: number, height: number}} area
 * @param {OverlayOptions} [options]
 */
export function paintInto(context, result, { width, height }, options) {
  const scale = Math.min(width / result.width, height / result.height);
  context.translate((width - scale * result.width) / 2, (height - scale * result.height) / 2);
  paintFaces(context, result, scale, options);
}

/**
 * Draws boxes and labels onto an image that is `scale` times as large as the result's.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Result} result
 * @param {number} scale
 * @param {OverlayOptions} [options]
 */
export function paintFaces(context, result, scale, { nameOf = personOf, mirrored = false } = {}) {
  const width = result.width * scale, height = result.height * scale;
  /** @type {Rectangle[]} */
  const placed = [];
  const boxes = result.faces.map((face) => {
    const [x, y, boxWidth, boxHeight] = face.box.map((value) => value * scale);
    return { x: mirrored ? width - x - boxWidth : x, y, width: boxWidth, height: boxHeight };
  });
  result.faces.forEach((face, index) => paintBox(context, face, boxes[index]));
  result.faces.forEach((face, index) => {
    const name = `${nameOf(face, index)}`;
    const places = findPlaces(context, name, formatLabel(face), boxes[index], { width, height });
    const free = places.find((place) => !placed.some((other) => overlap(place, other)));
    const place = free ?? places[places.length - 1];
    placed.push(place);
    paintLabel(context, place, labelColor(face.emotion, labelsOf(face)));
  });
}

/** @param {Face} face @param {number} index */
const personOf = (face, index) => face.person ?? index + 1;

/** @param {CanvasRenderingContext2D} context @param {Face} face @param {Rectangle} box */
function paintBox(context, face, { x, y, width, height }) {
  context.setLineDash(face.emotion === UNSURE ? [8, 5] : []);
  /** @type {[number, string][]} */
  const strokes = [[4.5, "#0008"], [2.5, labelColor(face.emotion, labelsOf(face))]];
  for (const [lineWidth, color] of strokes) {
    context.lineWidth = lineWidth;
    context.strokeStyle = color;
    context.beginPath();
    context.roundRect(x, y, width, height, RADIUS);
    context.stroke();
  }
}

/**
 * Where a label may lie, the best first: above its box, below it, or above with the name alone.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} name
 * @param {string} label
 * @param {Rectangle} box
 * @param {{width: number, height: number}} image
 */
function findPlaces(context, name, label, box, image) {
  context.font = `600 ${FONT}px "Inter Variable", system-ui, sans-serif`;
  const height = FONT + 2 * PADDING, above = box.y - height - 4, below = box.y + box.height + 4;
  /** @type {[string, number][]} */
  const candidates = [[`${name} ${label}`, above], [`${name} ${label}`, below], [name, above]];
  return candidates.map(([text, top]) => {
    const width = context.measureText(text).width + 3 * PADDING + SWATCH;
    const x = Math.max(Math.min(box.x, image.width - width), 0);
    return { text, x, y: Math.min(Math.max(top, 0), image.height - height), width, height };
  });
}

/** @param {Rectangle} first @param {Rectangle} second */
const overlap = (first, second) =>
  first.x < second.x + second.width && second.x < first.x + first.width
  && first.y < second.y + second.height && second.y < first.y + first.height;

/**
 * Writes light on dark, whatever the image is, beside a square in the label's colour.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Rectangle & {text: string}} place
 * @param {string} color
 */
function paintLabel(context, { text, x, y, width, height }, color) {
  fillRounded(context, "#14161ae6", { x, y, width, height }, RADIUS);
  fillRounded(context, color, { x: x + PADDING, y: y + (height - SWATCH) / 2, width: SWATCH, height: SWATCH }, 2);
  context.fillStyle = "#ffffff";
  context.textBaseline = "middle";
  context.fillText(text, x + 2 * PADDING + SWATCH, y + height / 2 + 0.5);
}

/** @param {CanvasRenderingContext2D} context @param {string} color @param {Rectangle} place @param {number} radius */
function fillRounded(context, color, { x, y, width, height }, radius) {
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
}
