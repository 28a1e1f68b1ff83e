/** @import { CameraStatus, ExperimentCamera } from "./camera.js" */

/**
 * What the participant reads before the camera starts. An experiment with other needs, or in another language, gives
 * its own texts.
 */
export const TEXTS = {
  consent: "This study labels the expression that is visible on your face. Your camera's images are analyzed on this "
    + "device: they are neither saved nor sent. Saved are numbers: how probable each expression was, and when.",
  start: "Start camera",
  decline: "Continue without camera",
  retry: "Try again",
  skip: "Continue",
  wait: "Starting the camera …",
  off: "The camera is off.",
};

/** @typedef {typeof TEXTS} Texts */

/**
 * Asks the participant for the camera: says what is recorded, and starts it when they agree. They may go on without.
 *
 * @param {HTMLElement} place whose content is replaced.
 * @param {ExperimentCamera} camera
 * @param {Partial<Texts>} [texts] plain text.
 * @returns {Promise<CameraStatus>} "on", "declined", or what was wrong when they went on without.
 */
export async function askForCamera(place, camera, texts = {}) {
  const { consent, start, decline, retry, wait } = { ...TEXTS, ...texts };
  let text = consent, yes = start;
  while (await ask(place, text, [yes, decline])) {
    place.replaceChildren(paragraph(wait));
    if (await camera.start() === "on") break;
    text = camera.error ?? "";
    yes = retry;
  }
  if (camera.status === "off") camera.decline();
  place.replaceChildren();
  return camera.status;
}

/**
 * Shows a text and two buttons.
 *
 * @param {HTMLElement} place
 * @param {string} text
 * @param {[string, string]} choices
 * @returns {Promise<boolean>} whether the first one was chosen.
 */
export function ask(place, text, choices) {
  return new Promise((resolve) => {
    const buttons = choices.map((label, i) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      button.className = "jspsych-btn";
      button.addEventListener("click", () => resolve(i === 0));
      return button;
    });
    place.replaceChildren(paragraph(text), ...buttons);
  });
}

/** @param {string} text */
export function paragraph(text) {
  const element = document.createElement("p");
  element.setAttribute("role", "status");
  element.textContent = text;
  return element;
}
