import { make } from "../dom.js";
import { formatError } from "../format.js";
import { makeButton, makeIconButton } from "./button.js";

let count = 0;

/**
 * Opens a dialog; it is removed when it closes. Escape, a click beside it and `signal` close it.
 *
 * @param {string} title
 * @param {{side?: boolean, signal?: AbortSignal}} options a side panel, or a dialog in the middle.
 * @param {...Node} content
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, { side = false, signal }, ...content) {
  const id = `dialog-${++count}`, heading = make("h2", { id }, title);
  const head = side ? make("header", {}, heading,
    makeIconButton("Close", "x", () => dialog.close())) : heading;
  const dialog = make("dialog", { class: side ? "side" : "", "aria-labelledby": id }, head, ...content);
  dialog.addEventListener("click", (event) => { if (event.target === dialog && isBeside(event, dialog)) dialog.close(); });
  signal?.addEventListener("abort", () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  carryToasts(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

/** Holds the toasts while it is open: what lies outside of a modal dialog cannot be pressed. @param {HTMLDialogElement} dialog */
function carryToasts(dialog) {
  const toasts = document.getElementById("notices"), place = toasts?.parentElement;
  if (!toasts || !place) return;
  dialog.append(toasts);
  dialog.addEventListener("close", () => { (place.isConnected ? place : document.body).append(toasts); });
}

/** @param {MouseEvent} event @param {HTMLElement} element */
function isBeside({ clientX, clientY }, element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

/**
 * Asks before something that cannot be undone.
 *
 * @param {string} title a question, such as "Delete “Interview”?".
 * @param {string} text what will happen.
 * @param {{action: string, run: () => Promise<void>, signal?: AbortSignal}} options the button's text,
 *   and what it does; where that fails, the dialog says why and stays.
 * @returns {Promise<boolean>} whether it was done.
 */
export function confirmAction(title, text, { action, run, signal }) {
  return new Promise((resolve) => {
    const problem = make("p", { role: "alert" });
    const cancel = makeButton("Cancel", { onclick: () => dialog.close() });
    const act = makeButton(action, { kind: "danger", onclick: async () => {
      act.disabled = true;
      try {
        await run();
        dialog.close("done");
      } catch (error) {
        problem.textContent = formatError(error);
      }
      act.disabled = false;
    } });
    const dialog = openDialog(title, { signal }, make("p", {}, text), problem,
      make("div", { class: "actions" }, cancel, act));
    cancel.focus();
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "done"));
  });
}
