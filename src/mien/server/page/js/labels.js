/** @import { Face } from "./types.js" */
import { make } from "./dom.js";
import { formatPercent } from "./format.js";

/** The labels of FER2013, whose colours design/tokens.css names; used where the server names none. */
export const DEFAULT_LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/** The label of a face whose confidence is below the threshold. */
export const UNSURE = "unsure";

const NAMED_COLORS = new Set([...DEFAULT_LABELS, UNSURE]);
const OTHER_COLORS = 8; // --label-1 to --label-8 in design/tokens.css

/**
 * The probabilities that a face's label follows: smoothed in a video or Live.
 *
 * @param {Face} face
 */
export const displayedOf = (face) => face.smoothed ?? face.probabilities;

/** The labels of the model that classified a face, in the model's order. @param {Face} face */
export const labelsOf = (face) => Object.keys(displayedOf(face));

/** A face's label in words: "happy 92 %", or "unsure". @param {Face} face */
export function formatLabel(face) {
  return face.emotion === UNSURE ? UNSURE : `${face.emotion} ${formatPercent(face.confidence)}`;
}

/**
 * Labels from the foot of a stacked chart up: what stands above neutral is an expression.
 *
 * @param {string[]} labels
 */
export function stackOrder(labels) {
  return [...labels].sort((first, second) => Number(second === "neutral") - Number(first === "neutral"));
}

const probe = make("i", { hidden: true }), darkness = matchMedia("(prefers-color-scheme: dark)");
/** @type {Map<string, string>} */
const resolved = new Map();
let resolvedIn = "";

/**
 * The colour that design/tokens.css gives a name, such as "text", in the scheme of now: a canvas
 * does not resolve `light-dark()`. Charts ask for it many times a frame, so each is resolved once.
 *
 * @param {string} name
 */
export function cssColor(name) {
  const scheme = `${document.documentElement.style.colorScheme} ${darkness.matches}`;
  if (scheme !== resolvedIn) resolved.clear();
  resolvedIn = scheme;
  let color = resolved.get(name);
  if (color === undefined) resolved.set(name, color = resolve(name));
  return color;
}

/** @param {string} name */
function resolve(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/**
 * The colour of a label; an unknown label takes one by its position.
 *
 * @param {string} label
 * @param {string[]} labels of the model.
 */
export const labelColor = (label, labels) => cssColor(colorName(label, labels));

/**
 * Gives an element the colour of a label.
 *
 * @template {HTMLElement} T
 * @param {T} element
 * @param {string} label
 * @param {string[]} labels of the model.
 */
export function colorElement(element, label, labels) {
  element.style.setProperty("--fill", `var(--${colorName(label, labels)})`);
  return element;
}

/**
 * A small square in a label's colour, hidden from screen readers.
 *
 * @param {string} label
 * @param {string[]} labels
 */
export function makeSwatch(label, labels) {
  const swatch = make("i", { class: label === UNSURE ? "swatch unsure" : "swatch", "aria-hidden": "true" });
  return colorElement(swatch, label, labels);
}

/** @param {string} label @param {string[]} labels */
function colorName(label, labels) {
  if (NAMED_COLORS.has(label)) return label;
  const others = labels.filter((other) => !NAMED_COLORS.has(other));
  return `label-${Math.max(others.indexOf(label), 0) % OTHER_COLORS + 1}`;
}
