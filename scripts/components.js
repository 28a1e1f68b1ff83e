// Builds one of each component in Studio's page; scripts/draw_components.py takes the pictures.
import { make } from "/page/js/dom.js";
import { colorElement, DEFAULT_LABELS, makeSwatch, UNSURE } from "/page/js/labels.js";
import { makeButton, makeIcon, makeLinkButton } from "/page/js/ui/button.js";
import { makeEmptyState, makeSkeleton } from "/page/js/ui/empty.js";

const LABELS = DEFAULT_LABELS;
const p = (text, style) => {
  const element = make("p", { class: "sample" }, text);
  Object.assign(element.style, style);
  return element;
};
const choice = make("select", {}, make("option", {}, "default"), make("option", {}, "small"));
const groups = {
  type: [
    p("36 Display: the label of a face", { fontSize: "var(--size-xl)", fontWeight: "var(--strong)", letterSpacing: "-.022em" }),
    p("20 Title: a view, a dialog", { fontSize: "var(--size-l)", fontWeight: "var(--strong)" }),
    p("15 Text: everything that is read. 0123456789 in tables are of one width.", {}),
    p("13 Small: facts, axes, hints", { fontSize: "var(--size-s)", color: "var(--muted)" }),
  ],
  colours: [
    make("div", { class: "row" }, ...[...LABELS, UNSURE].map((label) => make("span", { class: "chip" }, makeSwatch(label, LABELS), label))),
    make("div", { class: "row" }, ...["page", "card", "empty", "line", "control", "muted", "text", "accent", "selected", "alert", "record", "good"].map((name) => {
      const box = make("span", { class: "chip" }, colorElement(make("i", { class: "swatch" }), "happy", LABELS), name);
      box.querySelector("i").style.background = `var(--${name})`;
      return box;
    })),
  ],
  buttons: [
    make("div", { class: "row" }, makeButton("Start camera", { icon: "video", kind: "primary" }), makeButton("Pause", { icon: "pause" }),
      makeButton("Why?", { kind: "quiet" }), makeButton("Delete", { icon: "trash-2", kind: "danger" }),
      makeButton("Full screen", { icon: "maximize", kind: "quiet", iconOnly: true }), makeButton("Undo", { kind: "link" })),
    make("div", { class: "row" }, Object.assign(makeButton("Pause", {}), { disabled: true }), (() => {
      const pressed = makeButton("happy", {});
      pressed.setAttribute("aria-pressed", "true");
      return pressed;
    })(), makeLinkButton("Try the sample", "#/home", { icon: "play", kind: "big" })),
  ],
  fields: [
    make("div", { class: "row" }, make("label", { class: "field" }, "Name", make("input", { type: "text", value: "Ada Lovelace" })),
      make("label", { class: "field" }, "Model", choice)),
    make("div", { class: "row" }, make("label", { class: "field" }, make("input", { type: "checkbox", checked: true }), "Mirror"),
      make("label", { class: "field" }, "Confidence threshold", make("input", { type: "range", value: "40" }), make("output", {}, "40 %"))),
  ],
  faces: [
    make("div", { class: "row" }, make("span", { class: "chip" }, makeSwatch("happy", LABELS), "happy 92 %"),
      make("span", { class: "chip" }, makeSwatch(UNSURE, LABELS), "unsure")),
    make("table", { class: "bars" }, make("tbody", {}, ...[["happy", 0.92], ["neutral", 0.06], ["surprise", 0.02]].map(([label, share]) => {
      const bar = colorElement(make("span"), label, LABELS);
      bar.style.setProperty("--share", `${share}`);
      return make("tr", {}, make("th", { scope: "row" }, label), make("td", { class: "bar" }, make("div", { class: "track" }, bar)),
        make("td", { class: "number" }, `${Math.round(share * 100)} %`));
    }))),
  ],
  states: [
    make("div", { class: "row" }, make("span", { class: "recording-state" }, make("i", { class: "recording-dot" }), "Recording 1:05")),
    makeEmptyState("layers", "No sessions yet", "Record one in Live or analyze a video.", makeLinkButton("Start camera", "#/live", { icon: "video", kind: "primary" })),
    makeSkeleton(2),
  ],
  messages: ["note", "alert"].map((kind) => make("div", { class: `notice ${kind}` }, makeIcon(kind === "alert" ? "triangle-alert" : "info"),
    make("p", {}, kind === "alert" ? "The Mien server is not responding. Check that it is running." : "Marker deleted"),
    kind === "note" ? makeButton("Undo") : null, makeButton("Close", { icon: "x", kind: "quiet", iconOnly: true }))),
  menu: [make("div", { class: "menu" }, (() => {
    const list = make("div", { popover: "manual", role: "menu" }, ...[["download", "CSV"], ["download", "Report"], ["trash-2", "Delete"]].map(([icon, text]) =>
      make("button", { role: "menuitem", type: "button" }, makeIcon(icon), text)));
    Object.assign(list.style, { display: "block", position: "static" });
    return list;
  })())],
  hint: [(() => {
    const hint = make("section", { class: "hint" }, make("p", {}, "Record saves results, no images: a session with a timeline, markers and a report."),
      make("div", { class: "row spread" }, make("span", { class: "muted small" }, "3 of 4"),
        make("div", { class: "row" }, makeButton("Dismiss", { kind: "quiet" }), makeButton("Next", { kind: "primary" }))));
    hint.style.position = "static";
    return hint;
  })()],
};
const gallery = make("div", { id: "components" }, ...Object.entries(groups).map(([name, parts]) => {
  const group = make("section", { id: `component-${name}` }, ...parts);
  Object.assign(group.style, { display: "grid", gap: "16px", justifyItems: "start", padding: "20px", background: "var(--page)" });
  for (const wide of group.querySelectorAll(".bars, .empty-state, .skeletons")) wide.style.width = "100%";
  return group;
}));
document.body.replaceChildren(gallery);
