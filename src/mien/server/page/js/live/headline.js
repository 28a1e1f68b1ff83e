/** @import { Face } from "../types.js" */
import { make } from "../dom.js";
import { formatPercent } from "../format.js";
import { labelsOf, makeSwatch, UNSURE } from "../labels.js";

/** One face's label and confidence, in letters that can be read from afar. */
export class Headline {
  #label = make("span", { class: "label" });
  #confidence = make("span", { class: "confidence number" });
  #person = make("span", { class: "of muted small" });
  element = make("div", { class: "headline", "data-hint": "label" }, this.#label, this.#confidence, this.#person);
  #shown = "";

  /**
   * Shows the chosen person, else the largest face.
   *
   * @param {Face[]} faces the largest first.
   * @param {?number} chosen
   */
  show(faces, chosen) {
    const face = faces.find(({ person }) => person === chosen) ?? faces[0];
    if (!face) return this.#write("No face detected", "", "");
    const confidence = face.emotion === UNSURE ? "" : formatPercent(face.confidence);
    this.#write(face.emotion, confidence, faces.length > 1 ? `Person ${face.person}` : "", face);
  }

  /** @param {string} label @param {string} confidence @param {string} person @param {Face} [face] */
  #write(label, confidence, person, face) {
    if (this.#shown !== (this.#shown = label)) {
      this.#label.replaceChildren(...(face ? [makeSwatch(label, labelsOf(face))] : []), label);
      this.element.classList.toggle("none", !face);
    }
    if (this.#confidence.textContent !== confidence) this.#confidence.textContent = confidence;
    if (this.#person.textContent !== person) this.#person.textContent = person;
  }
}
