/** @import { Face, Frame } from "../types.js" */
/** @import { Model } from "./model.js" */
import { make } from "../dom.js";
import { makeFaceDetails } from "../face.js";
import { formatClock } from "../format.js";
import { debounce, oncePerFrame } from "../timing.js";
import { faceFrom, Frames } from "./frames.js";

const SETTLED = 80; // milliseconds that the cursor rests before frames are loaded for it

/**
 * The chosen person's face in the frame at the cursor. While the cursor moves, it is what the timeline
 * knows; the frame follows once it rests, or while the video plays.
 *
 * @param {Model} model
 * @param {(frame: ?Frame) => void} onFrame called with the frame at the cursor.
 */
export function makeCurrentFace(model, onFrame) {
  const frames = new Frames(model), place = make("span", { class: "muted tabular" });
  /** @type {?Face} */
  let face = null;
  const details = makeFaceDetails("", () => referTo(face));
  const body = make("div", {}, ...details.elements);
  const show = () => {
    const { cursor } = model.time, { curve, interval } = model, frame = frames.at(cursor);
    const own = (/** @type {Face} */ { person }) => person === model.person;
    face = frame ? frame.faces.find(own) ?? null : curve ? faceFrom(curve, cursor, interval) : null;
    body.hidden = !face;
    place.textContent = `${formatClock(cursor, true)}${face ? "" : ` · ${formatAbsence(model)}`}`;
    if (model.person !== null) details.rename(model.nameOf(model.person));
    if (face) details.show(face);
    onFrame(frame);
  };
  const load = async () => {
    while (!model.signal.aborted && await frames.load(model.time.cursor)) show();
  };
  const loading = debounce(load, SETTLED, model.signal), showSoon = oncePerFrame(show);
  model.onTime("cursor", (event) => {
    const isPlaying = event instanceof CustomEvent && event.detail === "video";
    if (isPlaying) loading.now();
    else loading.later();
    showSoon();
  });
  model.on("curves", () => {
    show();
    load();
  });
  model.on("chosen", show);
  model.on("stale", () => frames.refresh());
  model.on("people", () => {
    frames.clear();
    show();
    load();
  });
  return make("section", { class: "card current", "aria-labelledby": "face-title" },
    make("div", { class: "row spread" }, make("h2", { id: "face-title" }, "Current frame"), place), body);
}

/** @param {?Face} face */
const referTo = (face) => (face?.id === undefined ? null : { face: face.id });

/** @param {Model} model */
const formatAbsence = (model) =>
  (model.person === null ? "No face detected" : `${model.nameOf(model.person)} out of view`);
