/** @import { PersonFigures, Session } from "../../types.js" */
/** @import { Stretch } from "../timeline/range.js" */
import { make, makeChoice } from "../../dom.js";
import { formatFacts, formatStart } from "../../facts.js";
import { StatusLine } from "../../notices.js";
import { Model } from "../model.js";

/** @typedef {{session: ?number, person: ?number}} Choice null: not chosen; everybody in the session. */

const EVERYBODY = "";
const ID = /^[1-9]\d{0,14}$/;

/**
 * One side of a comparison: a session, and one person of it or everybody. Emits "change" once another
 * choice is loaded.
 */
export class Side extends EventTarget {
  /** @type {?Model} null where no session is chosen, or it has no timeline. */
  model = null;
  /** @type {?number} */
  person = null;
  /** @type {?number} */
  session = null;
  #status = new StatusLine();
  #session;
  #person;
  #facts = make("p", { class: "muted small" });
  /** @type {Session[]} that can be chosen. */
  #sessions = [];
  #end = new AbortController();

  /**
   * @param {string} letter
   * @param {AbortSignal} signal
   */
  constructor(letter, signal) {
    super();
    this.letter = letter;
    signal.addEventListener("abort", () => this.#end.abort());
    this.#session = makeChoice("Session", (value) => this.choose({ session: value ? Number(value) : null, person: null }));
    this.#person = makeChoice("Person", (value) =>
      this.choose({ session: this.session, person: value === EVERYBODY ? null : Number(value) }));
    this.#person.element.hidden = true;
    this.element = make("section", { class: "card side-choice", "aria-label": `Side ${letter}` },
      make("div", { class: "row" }, make("span", { class: "badge", "aria-hidden": "true" }, letter),
        this.#session.element, this.#person.element),
      this.#facts, this.#status.element);
  }

  /** Whom it compares: their ids. */
  get people() {
    if (!this.model) return [];
    return this.person === null ? this.model.roots.map(({ number }) => number) : [this.person];
  }

  /** What it compares, in words. */
  get title() {
    if (!this.model) return "";
    const { people, model } = this;
    return people.length === 1 ? `${model.session.name} · ${model.nameOf(people[0])}` : model.session.name;
  }

  /** @param {Session[]} sessions that can be chosen. */
  offer(sessions) {
    this.#sessions = sessions;
    this.#show();
  }

  /** Loads a choice. @param {Choice} choice */
  async choose({ session, person }) {
    if (session !== this.session || !this.model) await this.#load(session);
    const isThere = this.model?.roots.some(({ number }) => number === person);
    this.person = isThere ? person : null;
    this.#show();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {?number} session */
  async #load(session) {
    this.#end.abort();
    this.#end = new AbortController();
    this.session = session;
    this.model = null;
    this.#status.show("");
    if (session === null) return;
    const model = new Model(session, this.#end.signal);
    let isGone = !ID.test(`${session}`);
    model.on("gone", () => { isGone = true; });
    if (!isGone) await model.load();
    if (session !== this.session) return; // another was chosen meanwhile
    if (isGone) this.#status.show("Session not found. Choose another one.", "alert");
    else if (model.session.kind === "photo") this.#status.show("Photos have no timeline. Choose a recording or a video.", "alert");
    else this.model = model;
  }

  #show() {
    const { model, session } = this, sessions = [...this.#sessions];
    if (model && !sessions.some(({ id }) => id === session)) sessions.push(model.session);
    this.#session.fill([{ value: "", text: "Choose a session" },
      ...sessions.map((entry) => ({ value: entry.id, text: `${entry.name} · ${formatStart(entry)}` }))], model ? model.id : "");
    this.#person.element.hidden = !model || model.roots.length < 2;
    this.#person.fill([{ value: EVERYBODY, text: "Everybody" },
      ...model?.roots.map(({ number }) => ({ value: number, text: model.nameOf(number) })) ?? []], this.person ?? EVERYBODY);
    this.#facts.replaceChildren(...model ? [make("a", { href: `#/sessions/${model.id}` }, "Open session"),
      ` · ${formatFacts(model.session)}`] : []);
  }

  /**
   * The figures of a stretch; of several people those of all of them, by their time in view.
   *
   * @param {Stretch} stretch
   */
  async getFigures(stretch) {
    const { people, model } = this;
    const figures = model && stretch.from < stretch.to ? await model.getFigures(stretch) : [];
    return pool(figures.filter(({ person }) => people.includes(person)));
  }
}

/** @typedef {Pick<PersonFigures, "visible"|"shares"|"means">} Pooled */

/** @param {PersonFigures[]} figures @returns {Pooled} */
function pool(figures) {
  const visible = figures.reduce((sum, person) => sum + person.visible, 0);
  /** @param {"shares"|"means"} kind @returns {Record<string, number>} */
  const average = (kind) => {
    const labels = new Set(figures.flatMap((person) => Object.keys(person[kind])));
    const sums = [...labels].map((label) =>
      [label, figures.reduce((sum, person) => sum + (person[kind][label] ?? 0) * person.visible, 0) / visible]);
    return Object.fromEntries(sums);
  };
  return visible ? { visible, shares: average("shares"), means: average("means") } : { visible: 0, shares: {}, means: {} };
}
