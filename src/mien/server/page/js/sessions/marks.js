import { make } from "../dom.js";
import { clock } from "../format.js";
import { fill, refill } from "./fields.js";

const LONGEST = "2000"; // letters of a note

/** Moments of a session that the user marked: to add, jump to, note and delete. */
export function makeMarks(model) {
  const note = make("input", { type: "text", maxlength: LONGEST });
  const list = make("ul", { class: "marks" });
  const empty = make("p", { class: "quiet" }, "No moment is marked yet.");
  const add = async (event) => {
    event.preventDefault();
    await model.change("POST", "/marks", { time: model.time.cursor, note: note.value });
    note.value = "";
  };
  let rows = new Map();
  model.on("detail", () => {
    rows = new Map(model.marks.map((mark) => [mark.id, rows.get(mark.id) ?? makeMark(model, mark, note)]));
    model.marks.forEach((mark) => rows.get(mark.id).show(mark));
    const elements = [...rows.values()].map((row) => row.element);
    refill(list, elements);
    empty.hidden = elements.length > 0;
  });
  return make("section", { class: "card", "aria-labelledby": "marks-title" },
    make("h2", { id: "marks-title" }, "Marked moments"),
    make("form", { class: "row", onsubmit: add }, make("label", { class: "field" }, "Note", note),
      make("button", {}, "Mark the cursor's moment")),
    empty, list);
}

function makeMark(model, { id, time }, neighbour) {
  const path = `/marks/${id}`, at = clock(time, true);
  const jump = make("button",
    { type: "button", "aria-label": `Go to ${at}`, onclick: () => model.time.goTo(time) }, at);
  const note = make("input", { type: "text", maxlength: LONGEST, "aria-label": `Note at ${at}`,
    onchange: () => model.change("PATCH", path, { note: note.value }) });
  const remove = make("button", { type: "button", "aria-label": `Delete the mark at ${at}`,
    onclick: () => model.change("DELETE", path).then(() => neighbour.focus()) }, "Delete");
  const show = (mark) => fill(note, mark.note);
  return { element: make("li", { class: "row" }, jump, note, remove), show };
}
