/** @import { Marker } from "../../types.js" */
/** @import { MarkerEdits } from "./edits.js" */
/** @import { Model } from "../model.js" */
import { fillField, fillList, make, makeChoice } from "../../dom.js";
import { formatClock } from "../../format.js";
import { makeButton, relabel } from "../../ui/button.js";
import { formatWhen } from "./edits.js";

const TEXT_LENGTH = "1000";
const EVERYBODY = "";

/**
 * The markers and intervals of a session as a list: jump to, describe and delete them.
 *
 * @param {Model} model
 * @param {MarkerEdits} edits
 */
export function makeMarkers(model, edits) {
  const list = make("ul", { class: "markers" });
  const empty = make("p", { class: "muted" }, "No markers yet. Double-click the lane above the timeline, or press ",
    make("kbd", {}, "M"), ".");
  /** @type {Map<number, ReturnType<typeof makeMarker>>} */
  let rows = new Map();
  const show = () => {
    rows = new Map(model.markers.map((marker) => [marker.id, rows.get(marker.id) ?? makeMarker(model, edits, marker)]));
    model.markers.forEach((marker) => rows.get(marker.id)?.show(marker));
    fillList(list, [...rows.values()].map((row) => row.element));
    empty.hidden = rows.size > 0;
  };
  model.on("detail", show);
  model.on("people", show);
  return make("section", { class: "card", "aria-labelledby": "markers-title" },
    make("h2", { id: "markers-title", tabindex: "-1" }, "Markers and intervals"), empty, list);
}

/**
 * @param {Model} model
 * @param {MarkerEdits} edits
 * @param {Marker} first
 */
function makeMarker(model, edits, first) {
  let marker = first;
  const jump = makeButton("", { icon: first.duration ? "between-horizontal-start" : "flag", kind: "quiet",
    onclick: () => model.time.goTo(marker.time) });
  /** @param {"note"|"name"|"condition"|"code"} field @param {string} title */
  const makeText = (field, title) => make("input", { type: "text", maxlength: TEXT_LENGTH, placeholder: title, dir: "auto",
    onchange: (/** @type {Event} */ { target }) => {
      if (target instanceof HTMLInputElement) edits.change(marker, { [field]: target.value });
    } });
  const texts = { name: makeText("name", "Name"), note: makeText("note", "Note"),
    condition: makeText("condition", "Condition"), code: makeText("code", "Code") };
  const who = makeChoice("Who", (value) => { edits.change(marker, { person: value === EVERYBODY ? null : Number(value) }); });
  const excluded = make("input", { type: "checkbox", onchange: () => { edits.change(marker, { excluded: excluded.checked }); } });
  const remove = makeButton("Delete", { icon: "trash-2", kind: "quiet", iconOnly: true, onclick: async () => {
    await edits.remove(marker);
    document.getElementById("markers-title")?.focus();
  } });
  const exclude = make("label", { class: "field", hidden: !first.duration }, excluded, "Leave out of summaries");
  const summary = make("span", { class: "muted", dir: "auto" });
  const more = make("details", {}, make("summary", {}, make("span", {}, "Details"), " ", summary),
    make("div", { class: "row" }, texts.condition, texts.code, who.element, exclude));
  /** @param {Marker} newest */
  const show = (newest) => {
    marker = newest;
    const at = formatClock(marker.time, true);
    relabel(jump, formatWhen(marker));
    jump.setAttribute("aria-label", `Go to ${formatWhen(marker)}`);
    relabel(remove, `Delete marker at ${at}`);
    for (const field of /** @type {("note"|"name"|"condition"|"code")[]} */ (Object.keys(texts))) {
      texts[field].setAttribute("aria-label", `${texts[field].placeholder} at ${at}`);
      fillField(texts[field], marker[field]);
    }
    who.fill([{ value: EVERYBODY, text: "Everybody" },
      ...model.roots.map(({ number }) => ({ value: number, text: model.nameOf(number) }))], marker.person ?? EVERYBODY);
    excluded.checked = marker.excluded;
    const about = marker.person === null ? "" : model.nameOf(marker.person);
    summary.textContent = [marker.condition, marker.code, about, marker.excluded ? "left out" : ""].filter(Boolean).join(" · ");
  };
  const element = make("li", {}, make("div", { class: "row" }, jump, texts.name, texts.note, remove), more);
  return { element, show };
}
