/** @import { Filter } from "./filter.js" */
/** @import { Entry, Row } from "./rows.js" */
import { ApiError, ask, poll, retry } from "../../api.js";
import { fillList, make } from "../../dom.js";
import { notify } from "../../notices.js";
import { makeButton, makeLinkButton } from "../../ui/button.js";
import { confirmAction } from "../../ui/dialog.js";
import { makeEmptyState, makeSkeleton } from "../../ui/empty.js";
import { EVERYTHING, makeFilter } from "./filter.js";
import { makeHead, makeRow } from "./rows.js";
import { makeSelectionBar, Selection } from "./selection.js";
import { makeStorage } from "./storage.js";

const PAGE = 50; // sessions shown, and asked for, at a time
const LIMIT = 500; // sessions asked for at a time where all are needed
const AHEAD = "600px"; // below the window, where older sessions are loaded before they are scrolled to

/**
 * Shows the recorded sessions, the newest first.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function openList(root, signal) {
  const list = new SessionList(signal);
  root.append(make("header", { class: "list-head" }, make("h1", {}, "Sessions"), list.storage.element),
    list.filter.element, list.place, list.more, list.bar);
  list.load();
  poll(() => list.refresh(), signal);
}

class SessionList {
  /** @type {Filter} */
  #filter = EVERYTHING;
  /** @type {Entry[]} the newest first, as the server lists them. */
  #entries = [];
  /** @type {Map<number, Row>} in the order in which they are displayed. */
  #rows = new Map();
  #count = PAGE; // of the sessions that are displayed
  #hasMore = false; // on the server
  #isLoadingMore = false;
  #turn = 0;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = signal;
    this.storage = makeStorage(signal);
    this.selection = new Selection();
    this.bar = makeSelectionBar(this.selection, () => this.#deleteAll(this.selection.entries));
    this.table = make("div", { class: "session-table", role: "table", "aria-label": "Sessions" });
    this.body = make("div", { role: "rowgroup" });
    this.table.append(make("div", { role: "rowgroup" }, makeHead()), this.body);
    this.place = make("div", { class: "list-place" }, makeSkeleton(8, "Loading sessions …"));
    this.more = makeButton("Show more sessions", { kind: "more", onclick: () => this.loadMore() });
    this.more.hidden = true;
    this.filter = makeFilter((change) => {
      this.#filter = { ...this.#filter, ...change };
      this.load();
    });
    this.table.addEventListener("keydown", (event) => this.#press(event));
    this.table.addEventListener("click", (event) => this.#click(event));
    this.observer = new IntersectionObserver(([{ isIntersecting }]) => { if (isIntersecting) this.loadMore(); },
      { rootMargin: AHEAD });
    signal.addEventListener("abort", () => this.observer.disconnect());
  }

  /** Shows the sessions that match the filter: the first page, or all where another order needs them. */
  async load() {
    const isNewest = this.#filter.sort === EVERYTHING.sort, limit = isNewest ? PAGE : LIMIT;
    let page = await this.#ask({ limit });
    this.#count = PAGE;
    for (const found = page ?? []; page;) {
      this.#show(found, page.length === limit);
      if (isNewest || !this.#hasMore) return;
      page = await this.#ask({ limit, before: found[found.length - 1].id });
      found.push(...page ?? []);
    }
  }

  /** Updates the displayed sessions, while one of them is in progress. */
  async refresh() {
    if (!this.#entries.some(({ status }) => status === "recording")) return;
    const limit = Math.min(Math.max(this.#entries.length, PAGE), LIMIT);
    const newest = await this.#ask({ limit }, this.#turn); // gives way to what the user asks for
    if (!newest) return;
    const last = newest.at(-1)?.id ?? 0, isAll = newest.length < limit;
    this.#show([...newest, ...isAll ? [] : this.#entries.filter(({ id }) => id < last)], this.#hasMore);
  }

  /** Shows the next sessions; the first of them takes the focus from the button. */
  async loadMore() {
    if (this.#isLoadingMore) return;
    this.#isLoadingMore = true;
    try {
      const known = this.#entries, isLoaded = known.length > this.#count;
      const older = isLoaded ? [] : await this.#ask({ limit: PAGE, before: known[known.length - 1].id });
      if (!older) return;
      const isFocused = document.activeElement === this.more, shown = this.#rows.size;
      this.#count += PAGE;
      this.#show([...known, ...older], isLoaded ? this.#hasMore : older.length === PAGE);
      if (isFocused) [...this.#rows.values()][shown]?.focus();
    } finally {
      this.#isLoadingMore = false;
    }
  }

  /**
   * Resolves to null where something else was asked for meanwhile.
   *
   * @param {{limit: number, before?: number}} page
   * @returns {Promise<?Entry[]>}
   */
  async #ask(page, turn = ++this.#turn) {
    const { text, kind, status } = this.#filter;
    const query = { text: text || null, kind: kind || null, status: status || null, ...page };
    const { sessions } = await retry(() => ask("GET", "/v1/sessions", { query }), { signal: this.signal });
    return turn === this.#turn && !this.signal.aborted ? sessions : null;
  }

  /** @param {Entry[]} entries @param {boolean} hasMore */
  #show(entries, hasMore) {
    this.#entries = entries;
    this.#hasMore = hasMore;
    const rows = order(entries, this.#filter.sort).slice(0, this.#count).map((entry) => {
      const row = this.#rows.get(entry.id) ?? makeRow(entry, () => this.#deleteAll([row.entry]));
      row.show(entry);
      return row;
    });
    this.#rows = new Map(rows.map((row) => [row.entry.id, row]));
    this.#fill(rows.map((row) => row.element));
    this.selection.follow(rows);
    const isAll = !hasMore && entries.length <= this.#count;
    this.more.hidden = isAll;
    this.observer.disconnect();
    if (!isAll) this.observer.observe(this.more); // loads at once where the page is not as long as the window
    fillList(this.place, [rows.length ? this.table : this.#makeEmpty()]);
    this.filter.element.hidden = !rows.length && !this.#isFiltered;
  }

  /** Adds rows after those that stay, which need no new layout then. @param {HTMLElement[]} elements */
  #fill(elements) {
    const { children } = this.body, isLonger = [...children].every((child, index) => child === elements[index]);
    if (isLonger) this.body.append(...elements.slice(children.length));
    else fillList(this.body, elements);
  }

  get #isFiltered() { return Boolean(this.#filter.text || this.#filter.kind || this.#filter.status); }

  #makeEmpty() {
    if (this.#isFiltered) {
      return makeEmptyState("search", "No matching sessions", "No session has this text, kind and status.",
        makeButton("Clear filters", { onclick: () => this.filter.reset() }));
    }
    return makeEmptyState("layers", "No sessions yet", "Record one in Live or analyze a video.",
      makeLinkButton("Record in Live", "#/live", { icon: "video", kind: "primary" }),
      makeLinkButton("Analyze a video", "#/analyze", { icon: "clapperboard" }),
      makeLinkButton("Try the sample", "#/live/sample", { icon: "play" }));
  }

  /** Deletes sessions once the user confirms; the focus goes to a neighbour. @param {Entry[]} entries */
  async #deleteAll(entries) {
    const single = entries.length === 1, title = single ? `Delete “${entries[0].name}”?` : `Delete ${entries.length} sessions?`;
    const ids = new Set(entries.map(({ id }) => id)), neighbour = this.#neighbourOf(ids);
    const isDone = await confirmAction(title,
      `This permanently deletes the data of ${single ? "the session" : "these sessions"}. Your corrections are kept.`,
      { action: "Delete", signal: this.signal, run: () => this.#deleteEach([...ids]) });
    if (!isDone) return;
    notify(single ? `Deleted “${entries[0].name}”` : `Deleted ${entries.length} sessions`);
    if (neighbour) neighbour.focus();
    else this.place.querySelector("a")?.focus(); // of the empty state
  }

  /** @param {Set<number>} ids */
  #neighbourOf(ids) {
    const rows = [...this.#rows.values()], last = rows.findLastIndex(({ entry }) => ids.has(entry.id));
    const rest = (/** @type {Row} */ { entry }) => !ids.has(entry.id);
    return rows.slice(last + 1).find(rest) ?? rows.slice(0, last).findLast(rest);
  }

  /** Each that is deleted goes from the list at once, should a later one be refused. @param {number[]} ids */
  async #deleteEach(ids) {
    try {
      for (const id of ids) {
        await ask("DELETE", `/v1/sessions/${id}`).catch(passMissing);
        this.#turn += 1; // an answer on its way still has the session
        this.#show(this.#entries.filter((entry) => entry.id !== id), this.#hasMore);
      }
    } finally {
      this.storage.load();
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const row = this.#rowOf(event.target), isBox = event.target === row?.box;
    const isButton = event.target instanceof Element && event.target.closest("button");
    if (!row || isButton || !(isBox || event.shiftKey)) return;
    if (!isBox) event.preventDefault(); // the link would open a window
    if (event.shiftKey) this.selection.extend(row.entry.id);
    else this.selection.toggle(row.entry.id);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const row = this.#rowOf(event.target), { key } = event, isLink = event.target === row?.link;
    if (!row || event.altKey) return;
    const rows = [...this.#rows.values()], at = rows.indexOf(row);
    /** @param {number} next */
    const go = (next) => () => {
      const target = rows[Math.max(0, Math.min(next, rows.length - 1))];
      if (event.shiftKey) {
        this.selection.extend(row.entry.id);
        this.selection.extend(target.entry.id);
      }
      if (event.target === row.box) target.box.focus();
      else target.focus();
    };
    /** @type {Record<string, () => void>} */
    const keys = event.ctrlKey || event.metaKey ? { a: () => this.selection.selectAll() } : {
      ArrowDown: go(at + 1), ArrowUp: go(at - 1), Home: go(0), End: go(rows.length - 1),
      Escape: () => this.selection.clear(),
      Delete: () => this.#deleteAll(this.selection.entries.length ? this.selection.entries : [row.entry]),
      ...isLink ? { " ": () => this.selection.toggle(row.entry.id) } : {},
    };
    if (!Object.hasOwn(keys, key)) return;
    event.preventDefault();
    keys[key]();
  }

  /** @param {?EventTarget} target */
  #rowOf(target) {
    const element = target instanceof Element ? target.closest("[data-id]") : null;
    return element instanceof HTMLElement ? this.#rows.get(Number(element.dataset.id)) : undefined;
  }
}

/** @param {Entry[]} entries @param {string} sort @returns {Entry[]} */
function order(entries, sort) {
  /** @type {Record<string, (first: Entry, second: Entry) => number>} */
  const orders = {
    oldest: (first, second) => first.id - second.id,
    name: (first, second) => first.name.localeCompare(second.name, [], { numeric: true }),
    longest: (first, second) => second.seconds - first.seconds,
    largest: (first, second) => second.bytes - first.bytes,
  };
  return Object.hasOwn(orders, sort) ? entries.toSorted(orders[sort]) : entries;
}

/** A session that was deleted elsewhere is gone, too. @param {unknown} error */
function passMissing(error) {
  if (!(error instanceof ApiError) || error.status !== 404) throw error;
}
