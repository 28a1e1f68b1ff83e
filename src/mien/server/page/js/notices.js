import { connection } from "./connection.js";
import { make } from "./dom.js";

const SHOWN = 6000; // milliseconds that a mere note stays

const place = document.getElementById("notices");

/**
 * Tells the user something at the top of the page, and screen readers too.
 *
 * @param {string} text a sentence.
 * @param {"note"|"alert"} kind a note goes away by itself; an alert stays until it is closed.
 * @returns {() => void} takes it away.
 */
export function tell(text, kind = "note") {
  const close = make("button", { class: "bare", onclick: () => notice.remove() }, "Close");
  const role = kind === "alert" ? "alert" : "status";
  const notice = make("div", { class: `notice ${kind}`, role }, make("p", {}, toSentence(text)), close);
  place.append(notice);
  if (kind === "note") setTimeout(() => notice.remove(), SHOWN);
  return () => notice.remove();
}

/** Tells of a failure, whatever it was; an abort is the user's own wish. */
export function tellFailure(error) {
  if (error?.name !== "AbortError" && error?.code !== "unreachable") tell(error.message, "alert");
}

/** The server's messages begin in lower case, for a program puts a name before them. */
export const toSentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Tells that the server is gone, as long as it is, and that it is back. */
export function watchConnection() {
  let takeAway = () => {};
  connection.addEventListener("lost", () => {
    takeAway = tell("The Mien server does not answer. See whether it still runs; "
      + "this page goes on by itself once it does.", "alert");
  });
  connection.addEventListener("back", () => {
    takeAway();
    tell("The Mien server is back.");
  });
}
