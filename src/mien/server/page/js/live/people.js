import { makeBars } from "../bars.js";
import { make } from "../dom.js";
import { makeFeedback } from "../feedback.js";
import { SPAN, Timeline } from "./timeline.js";

/** A card for each person in view, and for who was a moment ago. */
export class People {
  element = make("div", { class: "people" });
  #cards = new Map();

  /** Shows what a frame showed. */
  show({ result, time }) {
    for (const face of result.faces) this.#cardOf(face.person).see(face, time);
    for (const [person, card] of this.#cards) {
      if (card.draw(time)) continue;
      card.element.remove();
      this.#cards.delete(person);
    }
  }

  #cardOf(person) {
    if (!this.#cards.has(person)) {
      const card = new Card(person);
      this.#cards.set(person, card);
      this.element.append(card.element);
    }
    return this.#cards.get(person);
  }
}

class Card {
  #bars;
  #timeline = new Timeline();
  #away = make("p", { class: "quiet", hidden: true }, "Not in view now.");
  #face = null;
  #seen = 0;

  constructor(person) {
    const name = `Person ${person}`;
    this.#bars = makeBars(name);
    const feedback = makeFeedback(() => this.#face && { face_id: this.#face.face_id });
    const axis = make("p", { class: "axis quiet", "aria-hidden": "true" },
      make("span", {}, `${SPAN} seconds ago`), make("span", {}, "now"));
    this.element = make("section", { class: "card person", "aria-label": name },
      this.#bars.element, this.#away, this.#timeline.element, axis, feedback);
  }

  see(face, time) {
    this.#face = face;
    this.#seen = time;
    this.#timeline.add(time, face);
    this.#bars.show(face);
  }

  /** Moves on to a time. Tells whether the person is still worth a card. */
  draw(now) {
    const inView = this.#seen === now;
    this.#away.hidden = inView;
    this.element.classList.toggle("away", !inView);
    if (!inView) this.#face = null; // what is said now would be of another moment
    return this.#timeline.draw(now);
  }
}
