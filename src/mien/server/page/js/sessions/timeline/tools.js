/** @import { MarkerEdits } from "../markers/edits.js" */
/** @import { Model } from "../model.js" */
import { make } from "../../dom.js";
import { makeSwatch } from "../../labels.js";
import { load, save } from "../../memory.js";
import { makeButton, makeIconButton } from "../../ui/button.js";
import { listenForKeys } from "../keys.js";
import { makeMarking } from "../markers/marking.js";

const KEY = "mien-timeline"; // what the rows show
const STRIP = "labels";

/**
 * The tools of the timeline: the visible labels, marking, charts or labels alone, and the zoom.
 *
 * @param {Model} model
 * @param {MarkerEdits} edits
 * @param {(isStrip: boolean) => void} onStrip
 */
export function makeTools(model, edits, onStrip) {
  return make("div", { class: "toolbar" }, makeLegend(model), make("span", { class: "gap" }), makeMarking(model, edits),
    make("span", { class: "divider" }), makeStripButton(onStrip), ...makeZoom(model));
}

/** @param {Model} model */
function makeLegend(model) {
  const { labels } = model;
  const boxes = labels.map((label) => {
    const box = make("input", { type: "checkbox", class: "visually-hidden", checked: true, onchange: () => model.toggle(label) });
    return make("label", { class: "chip" }, box, makeSwatch(label, labels), label);
  });
  return make("fieldset", { class: "legend" }, make("legend", { class: "visually-hidden" }, "Visible labels"), ...boxes);
}

/** @param {(isStrip: boolean) => void} onStrip */
function makeStripButton(onStrip) {
  let isStrip = load(KEY) === STRIP;
  const show = () => {
    button.setAttribute("aria-pressed", `${isStrip}`);
    onStrip(isStrip);
  };
  const button = makeButton("Labels only", { icon: "list", kind: "quiet", iconOnly: true, onclick: () => {
    isStrip = !isStrip;
    save(KEY, isStrip ? STRIP : "");
    show();
  } });
  show();
  return button;
}

/** Buttons and keys that zoom. @param {Model} model */
function makeZoom({ time, signal }) {
  /** @type {[string, string, string, () => void][]} */
  const actions = [["Zoom in", "zoom-in", "+", () => time.zoom(0.5)], ["Zoom out", "zoom-out", "-", () => time.zoom(2)],
    ["Show all", "maximize", "0", () => time.showAll()]];
  const buttons = actions.map(([text, icon, keys, onclick]) => makeIconButton(text, icon, onclick, keys));
  listenForKeys(signal, { "+": actions[0][3], "=": actions[0][3], "-": actions[1][3], "0": actions[2][3] });
  const show = () => { buttons[1].disabled = buttons[2].disabled = time.isWhole; };
  time.addEventListener("range", show, { signal });
  show();
  return buttons;
}
