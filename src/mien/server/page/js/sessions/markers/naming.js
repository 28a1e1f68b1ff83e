/** @import { Marker } from "../../types.js" */
/** @import { MarkerEdits } from "./edits.js" */
/** @import { Model } from "../model.js" */
import { make } from "../../dom.js";
import { formatWhen, titleOf } from "./edits.js";

const TEXT_LENGTH = "1000";

/**
 * Says what a marker is: its kind, its time, its name and whom it is about.
 *
 * @param {Model} model
 * @param {Marker} marker
 */
export function describeMarker(model, marker) {
  const about = marker.person === null ? "" : model.nameOf(marker.person);
  const kind = marker.duration ? "Interval" : "Marker";
  return [`${kind} at ${formatWhen(marker)}`, titleOf(marker), about, marker.excluded ? "left out of summaries" : ""]
    .filter(Boolean).join(", ");
}

/**
 * The keys of a marker in the lane.
 *
 * @param {HTMLElement} element
 * @param {Model} model
 * @param {MarkerEdits} edits
 * @param {{marker: () => Marker, move: (seconds: number) => void}} options
 */
export function listenToKeys(element, model, edits, { marker, move }) {
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 1 : model.interval;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => move(-step), ArrowRight: () => move(step),
      Enter: () => editName(element, edits, marker()),
      Delete: () => removeFrom(element, edits, marker()), Backspace: () => removeFrom(element, edits, marker()),
    };
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  element.addEventListener("dblclick", () => editName(element, edits, marker()));
}

/** Deletes a marker; its neighbour takes the focus. @param {HTMLElement} element @param {MarkerEdits} edits @param {Marker} marker */
async function removeFrom(element, edits, marker) {
  const all = [...element.closest(".items")?.querySelectorAll(".flag, .body") ?? []], at = all.indexOf(element);
  const next = all[at + 1] ?? all[at - 1] ?? document.querySelector(".cursor");
  await edits.remove(marker);
  if (next instanceof HTMLElement) next.focus({ preventScroll: true });
}

/**
 * Edits a marker's name where it stands. Enter and leaving the field save it, Escape does not.
 *
 * @param {HTMLElement} element keeps its place, and gets the focus back.
 * @param {MarkerEdits} edits
 * @param {Marker} marker
 */
export function editName(element, edits, marker) {
  const field = make("input", { type: "text", class: "name-field", maxlength: TEXT_LENGTH, dir: "auto",
    value: marker.name, "aria-label": `Name of the ${marker.duration ? "interval" : "marker"} at ${formatWhen(marker)}` });
  let isOpen = true;
  /** @param {boolean} isSaved @param {boolean} isByKey */
  const close = (isSaved, isByKey) => {
    if (!isOpen) return;
    isOpen = false;
    const name = field.value.trim();
    field.remove();
    if (isByKey) element.focus({ preventScroll: true });
    if (isSaved && name !== marker.name) edits.rename(marker, name);
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the keys of the timeline
    if (event.key === "Enter" || event.key === "Escape") close(event.key === "Enter", true);
  });
  field.addEventListener("blur", () => close(true, false));
  for (const kind of ["pointerdown", "dblclick"]) field.addEventListener(kind, (event) => event.stopPropagation());
  const lane = /** @type {HTMLElement} */ (element.closest(".lane"));
  lane.append(field);
  const left = element.getBoundingClientRect().left - lane.getBoundingClientRect().left;
  field.style.transform = `translateX(${Math.max(0, Math.min(left, lane.clientWidth - field.offsetWidth)).toFixed(1)}px)`;
  field.select();
  field.focus({ preventScroll: true });
}
