import { ask } from "../api.js";
import { make } from "../dom.js";
import { toSentence } from "../notices.js";

/**
 * Asks whether a session is to be deleted, and deletes it.
 *
 * @param {{id: number, name: string}} session
 * @param {AbortSignal} signal takes the question away.
 * @returns {Promise<boolean>} whether it is gone.
 */
export function removeSession(session, signal) {
  return new Promise((resolve) => {
    const told = make("p", { role: "alert" });
    const remove = make("button", { class: "danger", type: "button" }, "Delete for good");
    const keep = make("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, "Keep it");
    const dialog = make("dialog", { class: "card", "aria-labelledby": "remove-title" },
      make("h2", { id: "remove-title" }, `Delete “${session.name}”?`),
      make("p", {}, "All that was seen in it goes for good: its film, its people, its marks. "
        + "Feedback that you gave stays."),
      told, make("div", { class: "row" }, remove, keep));
    remove.addEventListener("click", async () => {
      remove.disabled = true;
      const problem = await tryToDelete(session.id);
      told.textContent = problem;
      remove.disabled = false;
      if (!problem) dialog.close("gone");
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "gone");
    });
    signal.addEventListener("abort", () => dialog.close());
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** What stands in the way; empty where it is gone, as one is that was deleted elsewhere. */
async function tryToDelete(id) {
  try {
    await ask("DELETE", `/v1/sessions/${id}`);
  } catch (error) {
    return error.status === 404 ? "" : toSentence(error.message);
  }
  return "";
}
