/** @import { Marker } from "../types.js" */
/** @import { Model } from "./model.js" */
import { fillField, fillList, make, makeChoice } from "../dom.js";
import { formatClock } from "../format.js";

const TEXT_LENGTH = "1000";
const EVERYBODY = "";
const MARK = "m", INTERVAL = "i"; // keys

/**
 * The markers and intervals of a session: add, jump to, describe and delete.
 *
 * @param {Model} model
 */
export function makeMarkers(model) {
  const note = make("input", { type: "text", maxlength: TEXT_LENGTH });
  const list = make("ul", { class: "markers" });
  const empty = make("p", { class: "muted" }, "No markers yet");
  const add = async () => {
    await model.change("POST", "/marks", { time: model.time.cursor, note: note.value });
    note.value = "";
  };
  const interval = makeInterval(model, note);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    add();
  };
  listen(model, { [MARK]: add, [INTERVAL]: interval.toggle });
  /** @type {Map<number, ReturnType<typeof makeMarker>>} */
  let rows = new Map();
  const show = () => {
    rows = new Map(model.markers.map((marker) =>
      [marker.id, rows.get(marker.id) ?? makeMarker(model, marker, note)]));
    model.markers.forEach((marker) => rows.get(marker.id)?.show(marker));
    fillList(list, [...rows.values()].map((row) => row.element));
    empty.hidden = rows.size > 0;
  };
  model.on("detail", show);
  model.on("people", show);
  return make("section", { class: "card", "aria-labelledby": "markers-title" },
    make("h2", { id: "markers-title" }, "Markers and intervals"),
    make("form", { class: "row", onsubmit: submit }, make("label", { class: "field" }, "Note", note),
      make("button", { "aria-keyshortcuts": "M" }, "Add marker"), interval.button),
    interval.status, empty, list);
}

/**
 * The button that starts an interval at the cursor, and ends it there later.
 *
 * @param {Model} model
 * @param {HTMLInputElement} note goes with the interval.
 */
function makeInterval(model, note) {
  /** @type {?number} */
  let start = null;
  const button = make("button", { type: "button", "aria-keyshortcuts": "I", onclick: () => toggle() });
  const status = make("p", { class: "muted", role: "status" });
  const show = () => {
    button.textContent = start === null ? "Start interval" : "End interval";
    status.textContent = start === null ? "" : `Interval from ${formatClock(start, true)}. Move the cursor to its end.`;
  };
  const toggle = async () => {
    const { cursor } = model.time;
    if (start === null) {
      start = cursor;
      show();
      return;
    }
    const time = Math.min(start, cursor), duration = Math.abs(cursor - start);
    start = null;
    show();
    await model.change("POST", "/marks", { time, duration, note: note.value });
    note.value = "";
  };
  show();
  return { button, status, toggle };
}

/**
 * Calls an action when its key is pressed outside of a field.
 *
 * @param {Model} model
 * @param {Record<string, () => void>} actions
 */
function listen({ signal }, actions) {
  addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    actions[event.key.toLowerCase()]?.();
  }, { signal });
}

/**
 * @param {Model} model
 * @param {Marker} marker
 * @param {HTMLElement} neighbour takes the focus of a deleted marker.
 */
function makeMarker(model, { id, time, duration }, neighbour) {
  const path = `/marks/${id}`, at = formatClock(time, true);
  const span = duration ? `${at} to ${formatClock(time + duration, true)}` : at;
  /** @param {object} changes */
  const save = (changes) => { model.change("PATCH", path, changes); };
  const jump = make("button",
    { type: "button", "aria-label": `Go to ${at}`, onclick: () => model.time.goTo(time) }, span);
  /** @param {"note"|"name"|"condition"|"code"} field @param {string} title */
  const makeText = (field, title) => make("input", { type: "text", maxlength: TEXT_LENGTH, placeholder: title,
    "aria-label": `${title} at ${at}`, onchange: (/** @type {Event} */ { target }) => {
      if (target instanceof HTMLInputElement) save({ [field]: target.value });
    } });
  const texts = { note: makeText("note", "Note"), name: makeText("name", "Name"),
    condition: makeText("condition", "Condition"), code: makeText("code", "Code") };
  const who = makeChoice("Who", (value) => save({ person: value === EVERYBODY ? null : Number(value) }));
  const excluded = make("input", { type: "checkbox", onchange: () => save({ excluded: excluded.checked }) });
  const remove = make("button", { type: "button", "aria-label": `Delete marker at ${at}`,
    onclick: () => model.change("DELETE", path).then(() => neighbour.focus()) }, "Delete");
  const summary = make("span", { class: "muted" });
  const more = make("details", {}, make("summary", {}, make("span", {}, "Details"), " ", summary), make("div", { class: "row" },
    texts.name, texts.condition, texts.code, who.element,
    make("label", { class: "field" }, excluded, "Leave out of summaries")));
  more.querySelector("label:last-child")?.toggleAttribute("hidden", !duration);
  /** @param {Marker} marker */
  const show = (marker) => {
    for (const field of /** @type {("note"|"name"|"condition"|"code")[]} */ (Object.keys(texts))) {
      fillField(texts[field], marker[field]);
    }
    who.fill([{ value: EVERYBODY, text: "Everybody" },
      ...model.roots.map(({ number }) => ({ value: number, text: model.nameOf(number) }))], marker.person ?? EVERYBODY);
    excluded.checked = marker.excluded;
    const about = marker.person === null ? "" : model.nameOf(marker.person);
    summary.textContent = [marker.name, marker.condition, marker.code, about].filter(Boolean).join(" · ");
  };
  const element = make("li", {}, make("div", { class: "row" }, jump, texts.note, remove), more);
  return { element, show };
}
