import { make, makeChoice } from "../dom.js";
import { EMOTIONS, makeSwatch } from "../emotions.js";

/** What stands above a timeline: whose it is, its zoom, the part that is shown, which emotions are. */
export function makeTools(model) {
  const { time } = model;
  const button = (text, label, onclick) =>
    make("button", { type: "button", "aria-label": label, onclick }, text);
  const pan = make("input", { type: "range", class: "pan", step: "any", min: "0",
    "aria-label": "Part shown", oninput: () => time.show(Number(pan.value), time.span) });
  const closer = button("+", "Zoom in", () => time.zoom(0.5));
  const out = button("−", "Zoom out", () => time.zoom(2));
  const all = button("All", "Show all", () => time.show(0, time.length));
  const show = () => {
    out.disabled = all.disabled = time.isWhole;
    pan.hidden = time.isWhole;
    pan.max = time.length - time.span;
    pan.value = time.from;
  };
  model.onTime("range", show);
  show();
  return make("div", { class: "tools" },
    make("div", { class: "row" }, makePersonChoice(model), closer, out, all, pan), makeLegend(model));
}

function makePersonChoice(model) {
  const { element, select, fill } = makeChoice("Person", (value) => model.choose(Number(value)));
  const show = () => { select.value = model.person; };
  model.on("people", () => {
    fill(model.roots.map(({ number }) => ({ value: number, text: model.nameOf(number) })));
    element.hidden = !model.roots.length;
    show();
  });
  model.on("chosen", show);
  return element;
}

function makeLegend(model) {
  const boxes = EMOTIONS.map((emotion) => {
    const box = make("input", { type: "checkbox", checked: true, onchange: () => model.toggle(emotion) });
    return make("label", { class: "chip" }, box, makeSwatch(emotion), emotion);
  });
  return make("fieldset", { class: "row legend" },
    make("legend", { class: "spoken" }, "Emotions shown"), ...boxes);
}
