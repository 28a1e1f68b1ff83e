import { make } from "./dom.js";
import { toSentence } from "./notices.js";

/** A line that says how things are; screen readers speak each change, hence only changes are made. */
export class Message {
  element = make("p", { class: "message", role: "status" });

  /** @param {string} text @param {"note"|"alert"} [kind] */
  say(text, kind = "note") {
    this.element.classList.toggle("alert", kind === "alert");
    if (this.element.textContent !== toSentence(text)) this.element.textContent = toSentence(text);
  }
}
