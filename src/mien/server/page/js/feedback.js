import { ask } from "./api.js";
import { make } from "./dom.js";
import { formatError } from "./format.js";
import { makeSwatch } from "./labels.js";
import { notify } from "./notices.js";
import { profile } from "./profile/current.js";

/**
 * A face that was analyzed a moment ago, or one of a recorded session.
 *
 * @typedef {{face_id: string} | {face: number}} FaceReference
 */

/**
 * The buttons that correct a face's label. The server stores the correction; a toast says so and
 * undoes it. The chosen label stays marked for as long as that face is shown.
 *
 * @param {() => ?FaceReference} identify names the face when a button is pressed; null where no
 *   face is in view.
 * @param {(label: ?string) => void} [onCorrected] called with the label that is saved; null once it is
 *   undone.
 */
export function makeFeedback(identify, onCorrected = () => {}) {
  const status = make("output"), buttons = make("div", { class: "row" });
  const element = make("fieldset", { class: "feedback" },
    make("legend", {}, "Wrong? Choose the right label"), buttons, status);
  let offered = "", corrected = "";

  /** Marks the label that the face was given; empty marks none. @param {string} label @param {?FaceReference} face */
  const mark = (label, face) => {
    corrected = label && JSON.stringify(face);
    status.textContent = label && `Corrected to ${label}`;
    for (const button of buttons.children) button.setAttribute("aria-pressed", `${button.textContent === label}`);
  };
  /** @param {string} label */
  const correct = async (label) => {
    const face = identify();
    if (!face) {
      status.textContent = "No face detected";
      return;
    }
    try {
      await save(label, face, () => {
        mark("", null);
        onCorrected(null);
      });
      mark(label, face);
      onCorrected(label);
    } catch (error) {
      status.textContent = formatError(error);
    }
  };
  /** Offers the labels of the face's model. @param {string[]} labels */
  const show = (labels) => {
    if (corrected && corrected !== JSON.stringify(identify())) mark("", null);
    if (`${labels}` === offered) return;
    offered = `${labels}`;
    buttons.replaceChildren(...labels.map((label) => make("button",
      { type: "button", class: "label", "aria-pressed": "false", onclick: () => correct(label) },
      makeSwatch(label, labels), label)));
  };
  return { element, show };
}

/**
 * @param {string} label
 * @param {FaceReference} face
 * @param {() => void} onUndone
 */
async function save(label, face, onUndone) {
  const saved = await ask("POST", "/v1/feedback", { json: { label, ...face, ...profile.correctionFields } });
  const text = saved.correction === null
    ? `Saved as ${label} (no image stored). With a personal profile, in Settings, Mien learns from it.` : `Saved as ${label} to profile ${profile.name}`;
  notify(text, "note", async () => {
    await ask("DELETE", `/v1/feedback/${saved.id}`);
    onUndone();
    notify("Undone");
    await profile.refresh();
  });
  await profile.refresh();
}
