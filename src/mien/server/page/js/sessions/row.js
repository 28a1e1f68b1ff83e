import { make } from "../dom.js";
import { removeSession } from "./remove.js";
import { sayFacts, sayWhen } from "./words.js";

/**
 * One session of the list: a link to it, what it is, and the button that deletes it.
 *
 * @param {object} session
 * @param {AbortSignal} signal of the view.
 * @param {(id: number) => void} onGone called once it is deleted.
 */
export function listRow(session, signal, onGone) {
  const link = make("a", { href: `#/sessions/${session.id}`, class: "name" });
  const when = make("span", { class: "quiet when" }), facts = make("span", { class: "quiet facts" });
  const remove = async () => {
    if (await removeSession(row.session, signal)) onGone(session.id);
  };
  const button = make("button", { type: "button", onclick: remove }, "Delete");
  const press = (event) => { if (event.key === "Delete") remove(); };
  const element = make("li", { class: "card", onkeydown: press }, link, when, facts, button);
  const show = (newest) => {
    row.session = newest;
    link.textContent = newest.name;
    button.setAttribute("aria-label", `Delete ${newest.name}`);
    when.textContent = sayWhen(newest);
    facts.textContent = sayFacts(newest).join(" · ");
  };
  const row = { element, session, show, focus: () => link.focus() };
  return row;
}
