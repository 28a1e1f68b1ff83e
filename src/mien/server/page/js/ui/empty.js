import { make } from "../dom.js";
import { makeIcon } from "./button.js";

/**
 * What stands where there is nothing yet: what to do next, and the buttons that do it.
 *
 * @param {string} icon of icons.svg.
 * @param {string} title
 * @param {string} text one sentence.
 * @param {...HTMLElement} actions the first is the primary one.
 */
export function makeEmptyState(icon, title, text, ...actions) {
  return make("section", { class: "empty-state" }, makeIcon(icon), make("h2", {}, title), make("p", {}, text),
    actions.length ? make("div", { class: "row" }, ...actions) : null);
}

/** Grey bars in the place of what is being loaded. @param {number} rows @param {string} text for screen readers. */
export function makeSkeleton(rows, text = "Loading …") {
  const bars = Array.from({ length: rows }, () => make("div", { class: "skeleton" }));
  return make("div", { class: "skeletons", role: "status" }, make("span", { class: "visually-hidden" }, text), ...bars);
}
