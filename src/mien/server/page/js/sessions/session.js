/** @import { Session } from "../types.js" */
/** @import { Model } from "./model.js" */
import { ApiError, ask } from "../api.js";
import { fillField, make } from "../dom.js";
import { formatFacts, formatStart } from "../facts.js";
import { formatError } from "../format.js";

/** @param {Session} session */
const formatModel = ({ model, model_version, profile }) =>
  `model ${model} ${model_version}${profile ? ` · profile ${profile}` : ""}`;

/**
 * A session's header: its name and facts; name and notes can be edited, the session deleted.
 *
 * @param {Model} model
 * @param {() => void} onDeleted
 */
export function makeHeader(model, onDeleted) {
  const title = make("h1"), facts = make("p", { class: "muted" });
  const remove = make("button", { type: "button", class: "danger", onclick: async () => {
    if (await deleteSession(model.session, model.signal)) onDeleted();
  } }, "Delete session");
  model.on("detail", () => {
    const { session } = model;
    title.textContent = session.name;
    facts.textContent = [formatStart(session), formatFacts(session), formatModel(session)].join(" · ");
  });
  return make("header", {}, make("p", {}, make("a", { href: "#/sessions" }, "All sessions")),
    make("div", { class: "row" }, title, remove), facts, makeNotes(model));
}

/** Name, notes and consent; each is saved when its field is left. @param {Model} model */
function makeNotes(model) {
  const name = make("input", { type: "text", maxlength: "200" });
  const notes = make("textarea", { rows: "3", maxlength: "20000" });
  const consent = make("textarea", { rows: "2", maxlength: "20000", placeholder: "Who agreed to what, and when" });
  const status = make("output", { class: "muted" });
  /** @param {object} changes */
  const save = async (changes) => {
    await model.change("PATCH", "", changes);
    status.textContent = "Saved";
  };
  name.addEventListener("change", () => {
    if (!name.value.trim()) name.value = model.session.name;
    save({ name: name.value });
  });
  notes.addEventListener("change", () => save({ notes: notes.value }));
  consent.addEventListener("change", () => save({ consent: consent.value }));
  model.on("detail", () => {
    fillField(name, model.session.name);
    fillField(notes, model.session.notes);
    fillField(consent, model.session.consent);
  });
  return make("details", {}, make("summary", {}, "Name, notes and consent"),
    make("label", {}, "Name", name), make("label", {}, "Notes", notes),
    make("label", {}, "Consent", consent), status);
}

/**
 * Deletes a session once the user confirms.
 *
 * @param {Session} session
 * @param {AbortSignal} signal closes the dialog.
 * @returns {Promise<boolean>} whether the session is deleted.
 */
export function deleteSession(session, signal) {
  return new Promise((resolve) => {
    const problem = make("p", { role: "alert" });
    const remove = make("button", { class: "danger", type: "button" }, "Delete");
    const cancel = make("button", { type: "button", autofocus: true }, "Cancel");
    const dialog = make("dialog", { class: "card", "aria-labelledby": "delete-title" },
      make("h2", { id: "delete-title" }, `Delete “${session.name}”?`),
      make("p", {}, "This permanently deletes the session's data. Your corrections are kept."),
      problem, make("div", { class: "row" }, remove, cancel));
    cancel.addEventListener("click", () => dialog.close());
    remove.addEventListener("click", async () => {
      remove.disabled = true;
      problem.textContent = await tryToDelete(session.id);
      remove.disabled = false;
      if (!problem.textContent) dialog.close("deleted");
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "deleted");
    });
    signal.addEventListener("abort", () => dialog.close());
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Returns why it failed; empty where the session is deleted, here or elsewhere.
 *
 * @param {number} id
 */
async function tryToDelete(id) {
  try {
    await ask("DELETE", `/v1/sessions/${id}`);
  } catch (error) {
    return error instanceof ApiError && error.status === 404 ? "" : formatError(error);
  }
  return "";
}
