import { ask } from "../api.js";
import { make, makeChoice } from "../dom.js";
import { refill } from "./fields.js";
import { listRow } from "./row.js";
import { insist, repeat } from "./repeat.js";
import { KINDS } from "./words.js";

const PAGE = 20, MOST = 500; // sessions asked for at a time
const TYPED = 250; // milliseconds after the last letter
const ANY = { value: "", text: "All" };
const STATUSES = [ANY, { value: "recording", text: "Going on" }, { value: "done", text: "Done" },
  { value: "interrupted", text: "Cut short" }];

/** Shows the sessions that were recorded, the newest first. */
export function openList(root, context, signal) {
  const list = new List(signal);
  root.append(make("h1", {}, "Sessions"), list.form, list.told, list.element, list.more);
  list.load();
  repeat(() => list.refresh(), signal);
}

class List {
  #filter = { text: "", kind: "", status: "" };
  #rows = new Map();
  #asked = 0;

  constructor(signal) {
    this.signal = signal;
    this.element = make("ul", { class: "list" });
    this.told = make("p", { role: "status" });
    this.more = make("button", { type: "button", hidden: true, onclick: () => this.loadMore() },
      "Show older ones");
    this.form = makeForm((change) => { Object.assign(this.#filter, change); this.load(); });
  }

  /** Shows the first page of what the filter lets through. */
  async load() {
    const sessions = await this.#ask({ limit: PAGE });
    if (sessions) this.#show(sessions, sessions.length === PAGE);
  }

  /** Shows the same sessions as they are now, while one of them goes on. */
  async refresh() {
    if (![...this.#rows.values()].some((row) => row.session.status === "recording")) return;
    const limit = Math.min(Math.max(this.#rows.size, PAGE), MOST);
    const sessions = await this.#ask({ limit }, this.#asked); // gives way to what the user asks for
    if (sessions && limit < MOST) this.#show(sessions, !this.more.hidden);
  }

  async loadMore() {
    const known = [...this.#rows.values()].map((row) => row.session);
    const older = await this.#ask({ limit: PAGE, before: known.at(-1).id });
    if (!older) return;
    this.#show([...known, ...older], older.length === PAGE);
    this.#rows.get(older[0]?.id)?.focus();
  }

  /** Resolves to the sessions; to null where something else was asked for meanwhile. */
  async #ask(page, turn = ++this.#asked) {
    const { text, kind, status } = this.#filter;
    const query = { text: text || null, kind: kind || null, status: status || null, ...page };
    const { sessions } = await insist(() => ask("GET", "/v1/sessions", { query }));
    return turn === this.#asked ? sessions : null;
  }

  #show(sessions, more) {
    const rows = sessions.map((session) => this.#rows.get(session.id) ?? this.#make(session));
    rows.forEach((row, at) => row.show(sessions[at]));
    this.#rows = new Map(rows.map((row) => [row.session.id, row]));
    refill(this.element, rows.map((row) => row.element));
    this.more.hidden = !more;
    this.#tell();
  }

  #make(session) { return listRow(session, this.signal, (id) => this.#drop(id)); }

  #tell() {
    const filtered = Object.values(this.#filter).some((value) => value);
    if (this.#rows.size) this.told.replaceChildren();
    else if (filtered) this.told.replaceChildren("No session matches.");
    else this.told.replaceChildren("Nothing is recorded yet. Record in ", link("live", "Live"),
      ", or give a film in ", link("analyze", "Analyze"), ".");
  }

  /** Takes a row away, and goes to its neighbour so that the keyboard keeps its place. */
  #drop(id) {
    const rows = [...this.#rows.values()], at = rows.findIndex((row) => row.session.id === id);
    const next = rows[at + 1] ?? rows[at - 1];
    rows[at].element.remove();
    this.#rows.delete(id);
    this.#tell();
    if (next) next.focus();
    else this.form.querySelector("input").focus();
  }
}

const link = (place, text) => make("a", { href: `#/${place}` }, text);

function makeForm(onChange) {
  let typing;
  const text = make("input", { type: "search", maxlength: "200", oninput: () => {
    clearTimeout(typing);
    typing = setTimeout(() => onChange({ text: text.value }), TYPED);
  } });
  const kind = makeChoice("Kind", (value) => onChange({ kind: value }));
  kind.fill([ANY, ...Object.entries(KINDS).map(([value, name]) => ({ value, text: name }))]);
  const status = makeChoice("Status", (value) => onChange({ status: value }));
  status.fill(STATUSES);
  return make("form", { class: "row filter", role: "search", onsubmit: (event) => event.preventDefault() },
    make("label", { class: "field" }, "Name or notes", text), kind.element, status.element);
}
