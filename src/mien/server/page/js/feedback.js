import { ask } from "./api.js";
import { make } from "./dom.js";
import { formatError } from "./format.js";
import { makeSwatch } from "./labels.js";
import { profile } from "./profile/current.js";

/**
 * A face that was analyzed a moment ago, or one of a recorded session.
 *
 * @typedef {{face_id: string} | {face: number}} FaceReference
 */

/**
 * The buttons that correct a face's label. The server stores the correction; it can be undone.
 *
 * @param {() => ?FaceReference} identify names the face when a button is pressed; null where no
 *   face is in view.
 */
export function makeFeedback(identify) {
  const status = make("output"), buttons = make("div", { class: "row" });
  /** @param {string} label */
  const correct = (label) => attempt(status, () => save(label, identify(), status));
  let displayed = "";
  /** Offers the labels of the face's model. @param {string[]} labels */
  const show = (labels) => {
    if (`${labels}` === displayed) return;
    displayed = `${labels}`;
    buttons.replaceChildren(...labels.map((label) => make("button",
      { type: "button", class: "label", onclick: () => correct(label) }, makeSwatch(label, labels), label)));
  };
  const element = make("fieldset", { class: "feedback" },
    make("legend", {}, "Wrong? Choose the right label"), buttons, status);
  return { element, show };
}

/** @param {HTMLOutputElement} status @param {() => Promise<void>} action */
async function attempt(status, action) {
  try {
    await action();
  } catch (error) {
    status.replaceChildren(formatError(error));
  }
}

/** @param {string} label @param {?FaceReference} face @param {HTMLOutputElement} status */
async function save(label, face, status) {
  if (!face) {
    status.replaceChildren("No face detected");
    return;
  }
  const saved = await ask("POST", "/v1/feedback", { json: { label, ...face, ...profile.correctionFields } });
  const button = make("button",
    { type: "button", class: "link", onclick: () => attempt(status, () => undo(saved.id, status)) }, "Undo");
  const text = saved.correction === null
    ? `Saved as ${label} (no image stored)` : `Saved as ${label} to profile ${profile.name}`;
  status.replaceChildren(`${text} `, button);
  await profile.refresh();
}

/** @param {number} id @param {HTMLOutputElement} status */
async function undo(id, status) {
  await ask("DELETE", `/v1/feedback/${id}`);
  status.replaceChildren("Undone");
  await profile.refresh();
}
