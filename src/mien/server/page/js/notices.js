import { ApiError, connection } from "./api.js";
import { make } from "./dom.js";
import { capitalize, formatError } from "./format.js";
import { makeButton, makeIcon, makeIconButton } from "./ui/button.js";

const NOTE_DURATION = 6000, UNDO_DURATION = 10_000; // milliseconds

const list = document.getElementById("notices");

/**
 * Shows a toast; screen readers speak it.
 *
 * @param {string} text a sentence.
 * @param {"note"|"alert"} [kind] a note disappears by itself; an alert stays until it is closed.
 * @param {() => unknown} [undo] adds a button that takes back what happened.
 * @returns {() => void} removes the toast.
 */
export function notify(text, kind = "note", undo) {
  const remove = () => notice.remove();
  const close = makeIconButton("Close", "x", remove);
  const role = kind === "alert" ? "alert" : "status";
  const notice = make("div", { class: `notice ${kind}`, role }, makeIcon(kind === "alert" ? "triangle-alert" : "info"),
    make("p", {}, capitalize(text)), undo ? makeUndo(undo, remove) : null, close);
  list?.append(notice);
  if (kind === "note") setTimeout(remove, undo ? UNDO_DURATION : NOTE_DURATION);
  return remove;
}

/** @param {() => unknown} undo @param {() => void} remove */
function makeUndo(undo, remove) {
  return makeButton("Undo", { onclick: async () => {
    remove();
    try {
      await undo();
    } catch (error) {
      notifyError(error);
    }
  } });
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
