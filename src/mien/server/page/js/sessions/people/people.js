/** @import { Model } from "../model.js" */
import { make } from "../../dom.js";
import { makeIcon, makeLinkButton } from "../../ui/button.js";
import { Moves } from "./moves.js";
import { makePerson } from "./person.js";
import { NEW } from "./visits.js";

/**
 * The people of a session: their shares of each label in the visible range, their names and faces;
 * they are merged and split by dragging, or by menus.
 *
 * @param {Model} model
 */
export function makePeople(model) {
  const list = make("ul", { class: "people" });
  const place = make("p", { class: "new-person muted", "data-drop": NEW, "aria-hidden": "true" }, makeIcon("plus"), "New person");
  const element = make("section", { class: "card people-panel", "aria-labelledby": "people-title" },
    make("div", { class: "row spread" }, make("h2", { id: "people-title" }, "People"),
      makeLinkButton("Compare …", `#/sessions/compare/${model.id}`, { icon: "columns-2", kind: "quiet" })),
    make("p", { class: "muted small" }, "Shares of the time in view, within the visible range."), list, place);
  const context = { model, moves: new Moves(model), area: element, focus: focusName, opened: /** @type {Set<number>} */ (new Set()) };
  /** @type {ReturnType<typeof makePerson>[]} */
  let rows = [];
  const show = () => rows.forEach((row) => row.show());
  model.on("people", () => {
    element.hidden = !model.people.length;
    const focused = list.querySelector(":focus");
    rows = model.roots.map((person) => makePerson(context, person));
    list.replaceChildren(...rows.map((row) => row.element));
    show();
    if (focused instanceof HTMLInputElement) focusName(Number(focused.dataset.person), focused.value);
  });
  model.on("curves", show);
  model.on("stale", () => rows.forEach((row) => row.refresh()));
  return element;
}

/**
 * Focuses a person's name where the focused element was replaced, with what was typed there.
 *
 * @param {number} id
 * @param {string} [typed]
 */
function focusName(id, typed) {
  const field = document.querySelector(`[data-person="${id}"]`);
  if (!(field instanceof HTMLInputElement)) return;
  field.focus();
  if (typed !== undefined) field.value = typed;
}
