/** @import { Session } from "../types.js" */
import { ask, poll, retry } from "../api.js";
import { fillList, make, makeChoice } from "../dom.js";
import { formatFacts, formatStart, KINDS, STATUSES } from "../facts.js";
import { deleteSession } from "./session.js";

/**
 * @typedef {{text: string, kind: string, status: string}} Filter
 * @typedef {ReturnType<typeof makeRow>} Row
 */

const PAGE = 20, LIMIT = 500; // sessions asked for at a time
const TYPING_PAUSE = 250; // milliseconds after the last letter

/**
 * Shows the recorded sessions, the newest first.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function openList(root, signal) {
  const list = new SessionList(signal);
  root.append(make("h1", {}, "Sessions"), list.form, list.status, list.element, list.more);
  list.load();
  poll(() => list.refresh(), signal);
}

class SessionList {
  /** @type {Filter} */
  #filter = { text: "", kind: "", status: "" };
  /** @type {Map<number, Row>} */
  #rows = new Map();
  #turn = 0;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = signal;
    this.element = make("ul", { class: "list" });
    this.status = make("p", { role: "status" });
    this.more = make("button", { type: "button", hidden: true, onclick: () => this.loadMore() },
      "Show older sessions");
    this.form = makeForm((change) => {
      Object.assign(this.#filter, change);
      this.load();
    });
  }

  /** Shows the first page of the sessions that match the filter. */
  async load() {
    const sessions = await this.#ask({ limit: PAGE });
    if (sessions) this.#show(sessions, sessions.length === PAGE);
  }

  /** Updates the displayed sessions, while one of them is in progress. */
  async refresh() {
    if (!this.#sessions().some(({ status }) => status === "recording")) return;
    const limit = Math.min(Math.max(this.#rows.size, PAGE), LIMIT);
    const sessions = await this.#ask({ limit }, this.#turn); // gives way to what the user asks for
    if (sessions && limit < LIMIT) this.#show(sessions, !this.more.hidden);
  }

  async loadMore() {
    const known = this.#sessions();
    const older = await this.#ask({ limit: PAGE, before: known[known.length - 1].id });
    if (!older) return;
    this.#show([...known, ...older], older.length === PAGE);
    this.#rows.get(older[0]?.id)?.focus();
  }

  #sessions() {
    return [...this.#rows.values()].map((row) => row.session);
  }

  /**
   * Resolves to null where something else was asked for meanwhile.
   *
   * @param {{limit: number, before?: number}} page
   * @returns {Promise<?Session[]>}
   */
  async #ask(page, turn = ++this.#turn) {
    const { text, kind, status } = this.#filter;
    const query = { text: text || null, kind: kind || null, status: status || null, ...page };
    const { sessions } = await retry(() => ask("GET", "/v1/sessions", { query }));
    return turn === this.#turn ? sessions : null;
  }

  /** @param {Session[]} sessions @param {boolean} hasMore */
  #show(sessions, hasMore) {
    const rows = sessions.map((session) => this.#rows.get(session.id) ?? this.#makeRow(session));
    rows.forEach((row, index) => row.show(sessions[index]));
    this.#rows = new Map(rows.map((row) => [row.session.id, row]));
    fillList(this.element, rows.map((row) => row.element));
    this.more.hidden = !hasMore;
    this.#showStatus();
  }

  /** @param {Session} session */
  #makeRow(session) {
    return makeRow(session, this.signal, () => this.#remove(session.id));
  }

  #showStatus() {
    const isFiltered = Object.values(this.#filter).some(Boolean);
    if (this.#rows.size) this.status.replaceChildren();
    else if (isFiltered) this.status.replaceChildren("No matching sessions");
    else this.status.replaceChildren("No sessions yet. Record one in ", link("live", "Live"),
      " or ", link("analyze", "analyze a video"), ".");
  }

  /**
   * Removes a row, and focuses its neighbour so that the keyboard keeps its place.
   *
   * @param {number} id
   */
  #remove(id) {
    const rows = [...this.#rows.values()], index = rows.findIndex((row) => row.session.id === id);
    const neighbour = rows[index + 1] ?? rows[index - 1];
    rows[index].element.remove();
    this.#rows.delete(id);
    this.#showStatus();
    if (neighbour) neighbour.focus();
    else this.form.querySelector("input")?.focus();
  }
}

/** @param {string} place @param {string} text */
const link = (place, text) => make("a", { href: `#/${place}` }, text);

/**
 * One session of the list: a link, what it is, and the button that deletes it.
 *
 * @param {Session} session
 * @param {AbortSignal} signal of the view.
 * @param {() => void} onDeleted
 */
function makeRow(session, signal, onDeleted) {
  const name = make("a", { href: `#/sessions/${session.id}`, class: "name" });
  const when = make("span", { class: "muted when" }), facts = make("span", { class: "muted facts" });
  const remove = async () => {
    if (await deleteSession(row.session, signal)) onDeleted();
  };
  const button = make("button", { type: "button", onclick: remove }, "Delete");
  /** @param {KeyboardEvent} event */
  const press = (event) => { if (event.key === "Delete") remove(); };
  const element = make("li", { class: "card", onkeydown: press }, name, when, facts, button);
  /** @param {Session} newest */
  const show = (newest) => {
    row.session = newest;
    name.textContent = newest.name;
    button.setAttribute("aria-label", `Delete ${newest.name}`);
    when.textContent = formatStart(newest);
    facts.textContent = formatFacts(newest);
  };
  const row = { element, session, show, focus: () => name.focus() };
  return row;
}

/** @param {(change: Partial<Filter>) => void} onChange */
function makeForm(onChange) {
  let timer = 0;
  const text = make("input", { type: "search", maxlength: "200", oninput: () => {
    clearTimeout(timer);
    timer = setTimeout(() => onChange({ text: text.value }), TYPING_PAUSE);
  } });
  const kind = makeChoice("Kind", (value) => onChange({ kind: value }));
  kind.fill(optionsOf(KINDS));
  const status = makeChoice("Status", (value) => onChange({ status: value }));
  status.fill(optionsOf(STATUSES));
  /** @param {SubmitEvent} event */
  const onsubmit = (event) => event.preventDefault();
  return make("form", { class: "row filter", role: "search", onsubmit },
    make("label", { class: "field" }, "Name or notes", text), kind.element, status.element);
}

/** @param {Record<string, string>} names */
const optionsOf = (names) =>
  [{ value: "", text: "All" }, ...Object.entries(names).map(([value, text]) => ({ value, text }))];
