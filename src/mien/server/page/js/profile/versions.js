import { make } from "../dom.js";
import { count } from "../format.js";

const CAUSES = { teach: "taught", undo: "undone", rollback: "gone back", upgrade: "carried over" };

/**
 * The versions of a profile, the newest first, and the way back to each.
 *
 * @param {{number: number, created: number, cause: string, corrections: number,
 *   gate_open: boolean}[]} versions
 * @param {(number: number) => void} goBack
 * @returns {HTMLElement}
 */
export function makeVersions(versions, goBack) {
  const rows = versions.map((one, at) => make("li", {}, `${sayVersion(one)} `,
    at === versions.length - 1 ? "now" : make("button",
      { type: "button", class: "bare", "aria-label": `Go back to version ${one.number}`,
        onclick: () => goBack(one.number) }, "Go back")));
  return make("ol", { class: "versions" }, ...rows.reverse());
}

function sayVersion({ number, created, cause, corrections, gate_open: open }) {
  const when = new Date(created * 1000).toLocaleString("en-GB", { dateStyle: "short", timeStyle: "short" });
  return `${number}: ${CAUSES[cause]}, ${when}; ${count(corrections, "correction")}, `
    + `gate ${open ? "open" : "closed"}.`;
}
