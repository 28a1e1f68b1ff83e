/** @import { Face } from "./types.js" */
/** @import { FaceReference } from "./feedback.js" */
import { makeBars } from "./bars.js";
import { make } from "./dom.js";
import { makeExplanation } from "./explanation.js";
import { makeFeedback } from "./feedback.js";
import { formatLabel, labelsOf, makeSwatch } from "./labels.js";
import { makeButton } from "./ui/button.js";

/**
 * A face's details: its label, its most probable labels, and, behind "Wrong?", the buttons that
 * correct and explain it and its attributes.
 *
 * @param {string} title such as "Person 1".
 * @param {() => ?FaceReference} identify names the face that a correction is for; null where no
 *   face is in view.
 * @param {(label: ?string) => void} [onCorrected] as of `makeFeedback`.
 */
export function makeFaceDetails(title, identify, onCorrected) {
  const name = make("span", { class: "muted" }, title), label = make("span", { class: "chip" });
  const bars = makeBars(make("div", { class: "row spread" }, label, name));
  const panel = makeFacePanel(identify, { onCorrected });
  /** @param {Face} face */
  const show = (face) => {
    const labels = labelsOf(face);
    label.replaceChildren(makeSwatch(face.emotion, labels), formatLabel(face));
    bars.show(face);
    panel.show(face);
  };
  const tools = make("div", { class: "face-tools" }, panel.button, bars.button);
  return { elements: [bars.element, tools, panel.element], show,
    rename: (/** @type {string} */ text) => { name.textContent = text; } };
}

/**
 * What is behind "Wrong?": the right label, why this one, and the attributes.
 *
 * @param {() => ?FaceReference} identify
 * @param {{onToggle?: (isOpen: boolean) => void, onCorrected?: (label: ?string) => void}} [options]
 */
export function makeFacePanel(identify, { onToggle = () => {}, onCorrected } = {}) {
  const feedback = makeFeedback(identify, onCorrected), explanation = makeExplanation(identify), attributes = makeAttributes();
  /** @param {Face} face */
  const show = (face) => {
    feedback.show(labelsOf(face));
    explanation.show();
    attributes.show(face);
  };
  return { ...makeDrawer(onToggle, feedback.element, explanation.element, attributes.element), show };
}

/**
 * What is behind "Wrong?" of a face that the server never saw: why it cannot be corrected, and the attributes.
 *
 * @param {string} reason
 * @param {{onToggle?: (isOpen: boolean) => void}} [options]
 */
export function makeReadOnlyPanel(reason, { onToggle = () => {} } = {}) {
  const attributes = makeAttributes();
  return { ...makeDrawer(onToggle, make("p", { class: "small" }, reason), attributes.element), show: attributes.show };
}

/** A part of a face that its button opens. @param {(isOpen: boolean) => void} onToggle @param {...HTMLElement} content */
function makeDrawer(onToggle, ...content) {
  const element = make("div", { class: "face-panel", hidden: true }, ...content);
  const toggle = () => {
    element.hidden = !element.hidden;
    button.setAttribute("aria-expanded", `${!element.hidden}`);
    onToggle(!element.hidden);
  };
  const button = makeButton("Wrong?", { kind: "quiet small", onclick: toggle });
  button.setAttribute("aria-expanded", "false");
  return { element, button };
}

/** A face's measured attributes, closed until they are asked for; hidden where there are none. */
function makeAttributes() {
  const list = make("dl");
  const element = make("details", { class: "attributes", hidden: true, ontoggle: () => fill() },
    make("summary", {}, "Attributes"), list);
  /** @type {[string, number][]} */
  let pairs = [];
  const fill = () => {
    if (!element.open) return; // many a second, which nobody sees
    list.replaceChildren(...pairs.map(([name, value]) => make("div", {},
      make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, formatAttribute(value)))));
  };
  /** @param {Face} face */
  const show = ({ attributes = {} }) => {
    pairs = Object.entries(attributes);
    element.hidden = !pairs.length;
    fill();
  };
  return { element, show };
}

/** @param {number} value */
const formatAttribute = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
