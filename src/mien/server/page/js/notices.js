import { ApiError, connection } from "./api.js";
import { make } from "./dom.js";
import { capitalize, formatError } from "./format.js";

const NOTE_DURATION = 6000; // milliseconds

const list = document.getElementById("notices");

/**
 * Shows a notice at the top of the page; screen readers speak it.
 *
 * @param {string} text a sentence.
 * @param {"note"|"alert"} [kind] a note disappears by itself; an alert stays until it is closed.
 * @returns {() => void} removes the notice.
 */
export function notify(text, kind = "note") {
  const remove = () => notice.remove();
  const close = make("button", { class: "link", onclick: remove }, "Close");
  const role = kind === "alert" ? "alert" : "status";
  const notice = make("div", { class: `notice ${kind}`, role }, make("p", {}, capitalize(text)), close);
  list?.append(notice);
  if (kind === "note") setTimeout(remove, NOTE_DURATION);
  return remove;
}

/**
 * Shows an error as an alert, unless it is an abort or the lost connection.
 *
 * @param {unknown} error
 */
export function notifyError(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof ApiError && error.code === "unreachable") return;
  notify(formatError(error), "alert");
}

/** Shows an alert while the server does not respond. */
export function watchConnection() {
  let removeAlert = () => {};
  connection.addEventListener("lost", () => {
    removeAlert = notify("The Mien server is not responding. Check that it is running; "
      + "this page reconnects automatically.", "alert");
  });
  connection.addEventListener("back", () => {
    removeAlert();
    notify("Reconnected to the Mien server.");
  });
}

/** A line of status. Screen readers speak each change, so only changes are written. */
export class StatusLine {
  element = make("p", { class: "message", role: "status" });

  /** @param {string} text @param {"note"|"alert"} [kind] */
  show(text, kind = "note") {
    this.element.classList.toggle("alert", kind === "alert");
    if (this.element.textContent !== capitalize(text)) this.element.textContent = capitalize(text);
  }
}
