/** @import { Marker } from "../types.js" */
/** @import { Model } from "./model.js" */
import { fillField, fillList, make } from "../dom.js";
import { formatClock } from "../format.js";

const NOTE_LENGTH = "2000";

/** The markers of a session: add, jump to, annotate and delete. @param {Model} model */
export function makeMarkers(model) {
  const note = make("input", { type: "text", maxlength: NOTE_LENGTH });
  const list = make("ul", { class: "markers" });
  const empty = make("p", { class: "muted" }, "No markers yet");
  /** @param {SubmitEvent} event */
  const add = async (event) => {
    event.preventDefault();
    await model.change("POST", "/marks", { time: model.time.cursor, note: note.value });
    note.value = "";
  };
  /** @type {Map<number, ReturnType<typeof makeMarker>>} */
  let rows = new Map();
  model.on("detail", () => {
    rows = new Map(model.markers.map((marker) =>
      [marker.id, rows.get(marker.id) ?? makeMarker(model, marker, note)]));
    model.markers.forEach((marker) => rows.get(marker.id)?.show(marker));
    fillList(list, [...rows.values()].map((row) => row.element));
    empty.hidden = rows.size > 0;
  });
  return make("section", { class: "card", "aria-labelledby": "markers-title" },
    make("h2", { id: "markers-title" }, "Markers"),
    make("form", { class: "row", onsubmit: add }, make("label", { class: "field" }, "Note", note),
      make("button", {}, "Add marker")),
    empty, list);
}

/**
 * @param {Model} model
 * @param {Marker} marker
 * @param {HTMLElement} neighbour takes the focus of a deleted marker.
 */
function makeMarker(model, { id, time }, neighbour) {
  const path = `/marks/${id}`, at = formatClock(time, true);
  const jump = make("button",
    { type: "button", "aria-label": `Go to ${at}`, onclick: () => model.time.goTo(time) }, at);
  const note = make("input", { type: "text", maxlength: NOTE_LENGTH, "aria-label": `Note at ${at}`,
    onchange: () => { model.change("PATCH", path, { note: note.value }); } });
  const remove = make("button", { type: "button", "aria-label": `Delete marker at ${at}`,
    onclick: () => model.change("DELETE", path).then(() => neighbour.focus()) }, "Delete");
  /** @param {Marker} marker */
  const show = (marker) => fillField(note, marker.note);
  return { element: make("li", { class: "row" }, jump, note, remove), show };
}
