/** @import { Face } from "../types.js" */
/** @import { FaceReference } from "../feedback.js" */
/** @import { Analyzed } from "./stream.js" */
import { makeBars } from "../bars.js";
import { make } from "../dom.js";
import { formatLabel, labelsOf, makeSwatch } from "../labels.js";
import { cutPortrait } from "./portraits.js";
import { SPAN, Strip } from "./strip.js";

const SIDE = 88; // pixels of a portrait, for screens of two pixels to a CSS pixel
const RENEW = 1; // seconds between portraits
const STILL = 1; // seconds between movements for users who prefer reduced motion
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * @typedef {(identify: () => ?FaceReference, options: {onToggle: (isOpen: boolean) => void}) =>
 *   {element: HTMLElement, button: HTMLButtonElement, show: (face: Face) => void}} MakePanel
 */

/** A card for each person in view, and for those who were in the last seconds, on one time axis. */
export class PersonCards {
  #list = make("div", { class: "cards" });
  #axis = make("p", { class: "time-axis muted small", "aria-hidden": "true", hidden: true },
    make("span", {}, `${SPAN} s ago`), make("span", {}, "now"));
  element = make("div", { class: "people" }, this.#list, this.#axis);
  /** @type {Map<number, PersonCard>} */
  #cards = new Map();
  #request = 0;
  #movedAt = 0;
  /** @type {?number} the person whose label is shown in large; null for the largest face. */
  chosen = null;
  #makePanel;

  /** @param {?MakePanel} [makePanel] makes what is behind "Wrong?"; null where nothing can be corrected. */
  constructor(makePanel = null) {
    this.#makePanel = makePanel;
  }

  /** Shows the faces of a frame. @param {Analyzed} analyzed @param {(face: Face) => string} [noteOf] */
  show({ result, time, image }, noteOf = () => "") {
    for (const face of result.faces) this.#cardOf(face.person ?? 0).show(face, time, image, noteOf(face));
    for (const [person, card] of this.#cards) {
      if (card.advance(time)) continue;
      card.release();
      this.#cards.delete(person);
      if (person === this.chosen) this.#choose(person);
    }
    this.#axis.hidden = !this.#cards.size;
  }

  /** Lets the strips move with the clock, or stand where they are. @param {boolean} isRunning */
  run(isRunning) {
    cancelAnimationFrame(this.#request);
    if (isRunning) this.#request = requestAnimationFrame(this.#move);
  }

  /** Shows the strips as they are at a time. @param {number} now */
  scroll(now) {
    for (const card of this.#cards.values()) card.scroll(now);
  }

  clear() {
    for (const card of this.#cards.values()) card.release();
    this.#cards.clear();
    this.chosen = null;
    this.#axis.hidden = true;
  }

  /** Chooses a person, or none where the person is chosen. @param {number} person */
  #choose(person) {
    this.chosen = this.chosen === person ? null : person;
    for (const [number, card] of this.#cards) card.press(number === this.chosen);
  }

  #move = () => {
    const now = performance.now() / 1000;
    if (!stillness.matches || now - this.#movedAt >= STILL) {
      this.#movedAt = now;
      this.scroll(now);
    }
    this.#request = requestAnimationFrame(this.#move);
  };

  /** @param {number} person */
  #cardOf(person) {
    let card = this.#cards.get(person);
    if (!card) {
      card = new PersonCard(person, () => this.#choose(person), this.#makePanel);
      this.#cards.set(person, card);
      this.#list.append(card.element);
    }
    return card;
  }
}

class PersonCard {
  #portrait = make("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
  #button;
  #label = make("span", { class: "chip" });
  #note = make("span", { class: "muted small number" });
  #strip = new Strip();
  #bars;
  #panel;
  #text = "";
  /** @type {?Face} the last one. */
  #face = null;
  /** @type {?Face} the one that a correction is about: that of the moment at which it was asked for. */
  #chosen = null;
  #lastSeen = 0;
  #renewedAt = -Infinity;

  /** @param {number} person @param {() => void} onChosen @param {?MakePanel} makePanel */
  constructor(person, onChosen, makePanel) {
    const name = `Person ${person}`;
    this.#button = make("button", { type: "button", class: "portrait quiet", "aria-pressed": "false", onclick: onChosen,
      "aria-label": `Show the label of person ${person} in large`, title: "Show this label in large" }, this.#portrait);
    const identify = () => (this.#chosen?.face_id ? { face_id: this.#chosen.face_id } : null);
    this.#bars = makeBars(make("span", { class: "visually-hidden" }, name));
    this.#panel = makePanel?.(identify, { onToggle: (isOpen) => this.#choose(isOpen) }) ?? null;
    this.#panel?.button.setAttribute("data-hint", "wrong");
    this.element = make("section", { class: "card person", "aria-label": name },
      this.#button,
      make("div", { class: "title" }, make("span", { class: "muted small" }, name), this.#label, this.#note,
        make("div", { class: "tools" }, this.#panel?.button ?? null, this.#bars.button)),
      this.#bars.element, this.#strip.element);
    if (this.#panel) this.element.append(this.#panel.element);
  }

  /** @param {Face} face @param {number} time @param {HTMLCanvasElement} image @param {string} note */
  show(face, time, image, note) {
    this.#face = face;
    this.#lastSeen = time;
    this.#strip.add(time, face);
    this.#bars.show(face);
    this.#showText(formatLabel(face), note, face);
    if (this.#chosen) return;
    if (time - this.#renewedAt < RENEW) return;
    this.#renewedAt = time;
    cutPortrait(image, face, this.#portrait);
  }

  /** Moves on to a time; returns whether the strip still shows anything. @param {number} now */
  advance(now) {
    const isInView = this.#lastSeen === now;
    if (!isInView) {
      this.#strip.miss();
      this.#showText("Out of view", "", null);
    }
    this.element.classList.toggle("out-of-view", !isInView);
    return this.#chosen !== null || !this.#strip.isEmpty(now);
  }

  /** Shows whether the person is chosen. @param {boolean} isChosen */
  press(isChosen) {
    this.#button.setAttribute("aria-pressed", `${isChosen}`);
  }

  /** @param {number} now */
  scroll(now) {
    this.#strip.scroll(now);
  }

  release() {
    this.#strip.release();
    this.element.remove();
  }

  /** @param {string} text @param {string} note @param {?Face} face */
  #showText(text, note, face) {
    this.#note.textContent = note;
    if (text === this.#text) return;
    this.#text = text;
    this.#label.replaceChildren(...(face ? [makeSwatch(face.emotion, labelsOf(face))] : []), text);
  }

  /** Keeps the face of this moment, and its image, while its correction is open. @param {boolean} isOpen */
  #choose(isOpen) {
    this.#chosen = isOpen ? this.#face : null;
    this.#renewedAt = -Infinity;
    if (this.#chosen) this.#panel?.show(this.#chosen);
  }
}
