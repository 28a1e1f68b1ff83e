import { make, makeChoice } from "../../dom.js";
import { KINDS, STATUSES } from "../../facts.js";
import { makeIcon } from "../../ui/button.js";

/** @typedef {{text: string, kind: string, status: string, sort: string}} Filter empty: all. */

/** Orders of the list; the server's own is the newest first. */
export const ORDERS = { newest: "Newest", oldest: "Oldest", name: "Name", longest: "Longest", largest: "Largest" };

/** @type {Readonly<Filter>} */
export const EVERYTHING = { text: "", kind: "", status: "", sort: "newest" };

const TYPING_PAUSE = 250; // milliseconds after the last letter

/**
 * Search, kind, status and order of the list of sessions.
 *
 * @param {(change: Partial<Filter>) => void} onChange
 */
export function makeFilter(onChange) {
  let timer = 0;
  const text = make("input", { type: "search", maxlength: "200", dir: "auto", "aria-label": "Search",
    placeholder: "Search names, notes, people, markers", oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => onChange({ text: text.value }), TYPING_PAUSE);
    } });
  const kind = makeChoice("Kind", (value) => onChange({ kind: value }));
  kind.fill(optionsOf({ "": "All", ...KINDS }));
  const status = makeChoice("Status", (value) => onChange({ status: value }));
  status.fill(optionsOf({ "": "All", ...STATUSES }));
  const sort = makeChoice("Sort", (value) => onChange({ sort: value }));
  sort.fill(optionsOf(ORDERS));
  /** @param {SubmitEvent} event */
  const onsubmit = (event) => event.preventDefault();
  const element = make("form", { class: "toolbar session-filter", role: "search", onsubmit },
    make("span", { class: "search-field" }, makeIcon("search"), text), kind.element, status.element, sort.element);
  const reset = () => {
    clearTimeout(timer);
    text.value = kind.select.value = status.select.value = "";
    onChange({ ...EVERYTHING, sort: sort.select.value });
    text.focus();
  };
  return { element, reset };
}

/** @param {Record<string, string>} names */
const optionsOf = (names) => Object.entries(names).map(([value, text]) => ({ value, text }));
