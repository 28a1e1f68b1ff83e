/** @import { MarkerEdits } from "./edits.js" */
/** @import { Model } from "../model.js" */
import { make } from "../../dom.js";
import { formatClock } from "../../format.js";
import { makeButton, relabel } from "../../ui/button.js";
import { listenForKeys } from "../keys.js";

/**
 * The buttons and keys that mark the cursor's time: a moment, or an interval from one press to the next.
 *
 * @param {Model} model
 * @param {MarkerEdits} edits
 */
export function makeMarking({ time, signal }, edits) {
  /** @type {?number} */
  let start = null;
  const status = make("span", { class: "muted small", role: "status" });
  const interval = makeButton("Start interval", { icon: "between-horizontal-start", kind: "quiet", keys: "I", onclick: () => toggle() });
  const show = () => {
    relabel(interval, start === null ? "Start interval" : "End interval");
    status.textContent = start === null ? "" : `Interval from ${formatClock(start, true)}. Move the cursor to its end.`;
  };
  const toggle = () => {
    const from = start;
    start = from === null ? time.cursor : null;
    show();
    if (from !== null) edits.add({ time: Math.min(from, time.cursor), duration: Math.abs(time.cursor - from) });
  };
  const add = () => { edits.add({ time: time.cursor }); };
  listenForKeys(signal, { m: add, i: toggle });
  return make("span", { class: "toolbar marking" }, status,
    makeButton("Add marker", { icon: "flag", kind: "quiet", keys: "M", onclick: add }), interval);
}
