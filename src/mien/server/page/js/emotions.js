import { make } from "./dom.js";

/** The seven emotions, in the order of mien.emotions. */
export const EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/** The label of a face where no emotion is probable enough. */
export const UNSURE = "unsure";

/** From the foot of a stacked drawing up: what stands above neutral is an expression. */
export const LAYERS = ["neutral", "angry", "disgust", "fear", "happy", "sad", "surprise"];

/** The colour that style/tokens.css gives a name, such as "happy" or "text". */
export function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A small square in a label's colour, for the eye alone. */
export const makeSwatch = (label) => make("i", { class: `swatch ${label}`, "aria-hidden": "true" });

/** The probabilities that a face's label follows: smoothed in a film or live, else its own. */
export const shownOf = (face) => face.smoothed ?? face.probabilities;
