import { make } from "../dom.js";
import { fill } from "./fields.js";
import { removeSession } from "./remove.js";
import { sayAnswerer, sayFacts, sayWhen } from "./words.js";

/**
 * A session's name and what it is; both name and notes can be changed, and it can be deleted.
 *
 * @param {import("./model.js").Model} model
 * @param {() => void} onGone called once it is deleted.
 */
export function makeHead(model, onGone) {
  const title = make("h1"), facts = make("p", { class: "quiet" });
  const remove = make("button", { type: "button", class: "danger", onclick: async () => {
    if (await removeSession(model.session, model.signal)) onGone();
  } }, "Delete session");
  model.on("detail", () => {
    title.textContent = model.session.name;
    const { session } = model;
    facts.textContent = [sayWhen(session), ...sayFacts(session), sayAnswerer(session)].join(" · ");
  });
  return make("header", {}, make("p", {}, make("a", { href: "#/sessions" }, "All sessions")),
    make("div", { class: "row" }, title, remove), facts, makeWords(model));
}

/** Name and notes; each is stored once its field is left. */
function makeWords(model) {
  const change = (field, key) => async () => {
    if (!field.value.trim() && key === "name") field.value = model.session.name;
    await model.change("PATCH", "", { [key]: field.value });
    told.textContent = "Stored.";
  };
  const name = make("input", { type: "text", maxlength: "200" });
  const notes = make("textarea", { rows: "3", maxlength: "20000" });
  const told = make("output", { class: "quiet" });
  name.addEventListener("change", change(name, "name"));
  notes.addEventListener("change", change(notes, "notes"));
  model.on("detail", () => {
    fill(name, model.session.name);
    fill(notes, model.session.notes);
  });
  return make("details", {}, make("summary", {}, "Name and notes"),
    make("label", {}, "Name", name), make("label", {}, "Notes", notes), told);
}
