import { ask } from "./api.js";
import { make } from "./dom.js";
import { EMOTIONS, makeSwatch } from "./emotions.js";
import { toSentence } from "./notices.js";
import { profile } from "./profile/current.js";

/**
 * The buttons that say what a face really shows. The answer is stored by the server, told, and can
 * be undone.
 *
 * @param {() => ({face_id: string} | {face: number} | null)} findFace which face is meant when a
 *   button is pressed; null where there is none now.
 * @returns {HTMLElement}
 */
export function makeFeedback(findFace) {
  const told = make("output");
  const store = async (label) => {
    try {
      await keep(label, findFace(), told);
    } catch (error) {
      told.replaceChildren(toSentence(error.message));
    }
  };
  const buttons = EMOTIONS.map((label) => make("button",
    { type: "button", class: "label", onclick: () => store(label) }, makeSwatch(label), label));
  return make("fieldset", { class: "feedback" }, make("legend", {}, "This face is really …"),
    make("div", { class: "row" }, ...buttons), told);
}

async function keep(label, face, told) {
  if (!face) {
    told.replaceChildren("No face is in view now.");
    return;
  }
  const kept = await ask("POST", "/v1/feedback", { json: { label, ...face, ...profile.lesson } });
  const undo = make("button", { type: "button", class: "bare", onclick: () => takeBack(kept.id, told) }, "Undo");
  told.replaceChildren(sayKept(label, kept), undo);
  await profile.refresh();
}

async function takeBack(id, told) {
  try {
    await ask("DELETE", `/v1/feedback/${id}`);
    told.replaceChildren("Taken back.");
    await profile.refresh();
  } catch (error) {
    told.replaceChildren(toSentence(error.message));
  }
}

function sayKept(label, kept) {
  if (kept.correction === null) return `Kept as ${label}, without a picture. `;
  return `${profile.name} has learned it as ${label}. `;
}
