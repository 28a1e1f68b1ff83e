/** @import { Session } from "../types.js" */
/** @import { Model } from "./model.js" */
import { ApiError, ask } from "../api.js";
import { fillField, make } from "../dom.js";
import { formatFacts, formatStart } from "../facts.js";
import { makeButton, makeIconButton, makeLinkButton } from "../ui/button.js";
import { confirmAction } from "../ui/dialog.js";
import { makeExport } from "./export.js";

const NAME_LENGTH = "200", TEXT_LENGTH = "20000";

/** @param {Session} session */
const formatModel = ({ model, model_version, profile }) =>
  `model ${model} ${model_version}${profile ? ` · profile ${profile}` : ""}`;

/**
 * A session's header: its name, to be edited in place, its facts, notes and consent, its downloads, and
 * the button that deletes it.
 *
 * @param {Model} model
 * @param {() => void} onDeleted
 */
export function makeHeader(model, onDeleted) {
  const facts = make("p", { class: "muted small" });
  const remove = makeButton("Delete session", { icon: "trash-2", kind: "quiet danger", iconOnly: true, onclick: async () => {
    if (await deleteSession(model.session, model.signal)) onDeleted();
  } });
  model.on("detail", () => {
    const { session } = model;
    facts.textContent = [formatStart(session), formatFacts(session), formatModel(session)].join(" · ");
  });
  const back = makeLinkButton("", "#/sessions", { icon: "arrow-left", kind: "quiet icon-only", label: "All sessions" });
  return make("header", { class: "session-head" },
    make("div", { class: "toolbar" }, back, makeTitle(model), make("span", { class: "gap" }), makeExport(model), remove),
    make("div", { class: "about" }, facts, makeNotes(model)));
}

/** The session's name; a button, or a double click, edits it in place. @param {Model} model */
function makeTitle(model) {
  const heading = make("h1", { dir: "auto", ondblclick: () => edit() });
  const field = make("input", { type: "text", class: "title-field", maxlength: NAME_LENGTH, dir: "auto", hidden: true, "aria-label": "Name" });
  const pencil = makeIconButton("Rename", "pencil", () => edit());
  /** @param {boolean} isEditing */
  const show = (isEditing) => {
    field.hidden = !isEditing;
    pencil.hidden = isEditing;
    heading.classList.toggle("visually-hidden", isEditing); // the page keeps its heading
  };
  const edit = () => {
    field.value = model.session.name;
    show(true);
    field.select();
    field.focus();
  };
  const save = async () => {
    if (field.hidden) return;
    const name = field.value.trim();
    show(false);
    if (name && name !== model.session.name) await model.change("PATCH", "", { name }); // a session needs a name
  };
  field.addEventListener("blur", save);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "Enter") return;
    event.preventDefault(); // else Enter would press the pencil, which gets the focus
    if (event.key === "Enter") save();
    else show(false);
    pencil.focus();
  });
  model.on("detail", () => { heading.textContent = model.session.name; });
  return make("div", { class: "title" }, heading, field, pencil);
}

/** Notes and consent; each is saved when its field is left. @param {Model} model */
function makeNotes(model) {
  const notes = make("textarea", { rows: "3", maxlength: TEXT_LENGTH, dir: "auto" });
  const consent = make("textarea", { rows: "2", maxlength: TEXT_LENGTH, dir: "auto", placeholder: "Who agreed to what, and when" });
  const status = make("output", { class: "muted small" }), summary = make("span", { class: "muted", dir: "auto" });
  /** @param {object} changes */
  const save = async (changes) => {
    await model.change("PATCH", "", changes);
    status.textContent = "Saved";
  };
  notes.addEventListener("change", () => save({ notes: notes.value }));
  consent.addEventListener("change", () => save({ consent: consent.value }));
  model.on("detail", () => {
    const { session } = model;
    fillField(notes, session.notes);
    fillField(consent, session.consent);
    summary.textContent = session.notes || session.consent;
  });
  return make("details", { class: "notes small" }, make("summary", {}, make("span", {}, "Notes and consent"), " ", summary),
    make("div", { class: "fields" }, make("label", {}, "Notes", notes), make("label", {}, "Consent", consent), status));
}

/**
 * Deletes a session once the user confirms.
 *
 * @param {Session} session
 * @param {AbortSignal} signal closes the dialog.
 * @returns {Promise<boolean>} whether the session is deleted.
 */
export function deleteSession({ id, name }, signal) {
  return confirmAction(`Delete “${name}”?`, "This permanently deletes the session's data. Your corrections are kept.",
    { action: "Delete", signal, run: async () => {
      try {
        await ask("DELETE", `/v1/sessions/${id}`);
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error; // else it was deleted elsewhere
      }
    } });
}
