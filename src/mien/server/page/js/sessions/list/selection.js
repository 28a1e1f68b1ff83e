/** @import { Entry, Row } from "./rows.js" */
import { make } from "../../dom.js";
import { formatCount } from "../../format.js";
import { FORMATS } from "../../formats.js";
import { makeButton, makeIconButton, makeLinkButton } from "../../ui/button.js";
import { makeMenu } from "../../ui/menu.js";

const COMPARED = 2, MOST_EXPORTED = 500; // sessions

/** The rows of a list that the user selected. Emits "change". */
export class Selection extends EventTarget {
  /** @type {Set<number>} ids. */
  #ids = new Set();
  /** @type {?number} the id from which Shift selects. */
  #anchor = null;
  /** @type {Row[]} in the order in which they are displayed. */
  #rows = [];

  /** @returns {Entry[]} */
  get entries() { return this.#rows.filter(({ entry }) => this.#ids.has(entry.id)).map(({ entry }) => entry); }

  /** Follows the list; what it no longer shows is no longer selected. @param {Row[]} rows */
  follow(rows) {
    this.#rows = rows;
    const shown = new Set(rows.map(({ entry }) => entry.id));
    this.#ids = new Set([...this.#ids].filter((id) => shown.has(id)));
    this.#show();
  }

  /** @param {number} id */
  toggle(id) {
    this.#set([id], !this.#ids.has(id));
    this.#anchor = id;
  }

  /** Selects all from the row that was changed last to this one. @param {number} id */
  extend(id) {
    const ids = this.#rows.map(({ entry }) => entry.id), end = ids.indexOf(id);
    const start = this.#anchor === null ? end : Math.max(ids.indexOf(this.#anchor), 0);
    this.#anchor ??= id;
    this.#set(ids.slice(Math.min(start, end), Math.max(start, end) + 1), true);
  }

  selectAll() { this.#set(this.#rows.map(({ entry }) => entry.id), true); }

  clear() {
    this.#anchor = null;
    this.#set([...this.#ids], false);
  }

  /** @param {number[]} ids @param {boolean} isSelected */
  #set(ids, isSelected) {
    for (const id of ids) {
      if (isSelected) this.#ids.add(id);
      else this.#ids.delete(id);
    }
    this.#show();
  }

  #show() {
    for (const row of this.#rows) row.mark(this.#ids.has(row.entry.id));
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * What can be done with the selected sessions; hidden where none is.
 *
 * @param {Selection} selection
 * @param {() => void} onDelete
 */
export function makeSelectionBar(selection, onDelete) {
  const count = make("strong", { role: "status" }), actions = make("span", { class: "row" });
  const bar = make("div", { class: "selection-bar", role: "group", "aria-label": "Selected sessions", hidden: true },
    count, actions);
  selection.addEventListener("change", () => {
    const { entries } = selection;
    bar.hidden = !entries.length;
    count.textContent = `${formatCount(entries.length, "session")} selected`;
    if (entries.length) actions.replaceChildren(...makeActions(entries, selection, onDelete));
  });
  return bar;
}

/** @param {Entry[]} entries @param {Selection} selection @param {() => void} onDelete @returns {HTMLElement[]} */
function makeActions(entries, selection, onDelete) {
  return [makeExport(entries), makeCompare(entries),
    makeButton("Delete", { icon: "trash-2", kind: "danger", onclick: onDelete }),
    makeIconButton("Clear selection", "x", () => selection.clear())];
}

/** @param {Entry[]} entries */
function makeExport(entries) {
  const text = "Export", icon = "download", ids = entries.map(({ id }) => id).join(",");
  if (entries.length > MOST_EXPORTED) return makeDisabled(text, icon, `Select at most ${MOST_EXPORTED} sessions to export them`);
  const items = Object.entries({ ...FORMATS, report: "Reports" }).map(([format, name]) => ({ text: name, href: `/v1/exports?ids=${ids}&format=${format}` }));
  return makeMenu(text, items, { icon });
}

/** @param {Entry[]} entries */
function makeCompare(entries) {
  const text = "Compare", icon = "columns-2";
  if (entries.length === COMPARED && entries.every(({ kind }) => kind !== "photo")) {
    const ids = entries.map(({ id }) => id).sort((first, second) => first - second);
    return makeLinkButton(text, `#/sessions/compare/${ids.join("/")}`, { icon });
  }
  return makeDisabled(text, icon, "Select two recordings or videos to compare them");
}

/** @param {string} text @param {string} icon @param {string} reason what to do. */
function makeDisabled(text, icon, reason) {
  const button = makeButton(text, { icon });
  button.disabled = true;
  button.title = reason;
  return button;
}
