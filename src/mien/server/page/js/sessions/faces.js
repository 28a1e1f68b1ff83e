/** @import { Face, Frame } from "../types.js" */
/** @import { Model } from "./model.js" */
import { make } from "../dom.js";
import { makeFaceDetails } from "../face.js";
import { formatClock, formatCount } from "../format.js";
import { Frames } from "./frames.js";

const PAGE = 50; // photos loaded at a time

/**
 * The chosen person's face in the frame at the cursor.
 *
 * @param {Model} model
 * @param {(frame: ?Frame) => void} onFrame called with the frame at the cursor.
 */
export function makeCurrentFace(model, onFrame) {
  const frames = new Frames(model), place = make("p", { class: "muted" });
  /** @type {?Face} */
  let face = null;
  const details = makeFaceDetails("", () => referTo(face));
  const body = make("div", {}, ...details.elements);
  const show = () => {
    const { cursor } = model.time, frame = frames.at(cursor);
    face = frame?.faces.find(({ person }) => person === model.person) ?? null;
    body.hidden = !face;
    place.textContent = `${formatClock(cursor, true)}${face ? "" : ` · ${formatAbsence(model)}`}`;
    if (model.person !== null) details.rename(model.nameOf(model.person));
    if (face) details.show(face);
    onFrame(frame);
  };
  const follow = async () => {
    show();
    while (!model.signal.aborted && await frames.load(model.time.cursor)) show();
  };
  model.onTime("cursor", follow);
  model.on("curves", follow);
  model.on("chosen", show);
  model.on("people", () => {
    frames.invalidate();
    follow();
  });
  return make("section", { class: "card current", "aria-labelledby": "face-title" },
    make("h2", { id: "face-title" }, "Current frame"), place, body);
}

/** @param {?Face} face */
const referTo = (face) => (face?.id === undefined ? null : { face: face.id });

/** @param {Model} model */
const formatAbsence = (model) =>
  (model.person === null ? "No face detected" : `${model.nameOf(model.person)} out of view`);

/**
 * The faces of each photo of a session. The images themselves are not stored.
 *
 * @param {Model} model
 */
export function makePhotos(model) {
  const list = make("ul", { class: "photos" });
  const more = make("button", { type: "button", hidden: true, onclick: () => load() }, "Show more");
  let after = -1, isLoading = false;
  const load = async () => {
    if (isLoading) return;
    isLoading = true;
    try {
      show(await model.get("/frames", { after, limit: PAGE }));
    } finally {
      isLoading = false;
    }
  };
  /** @param {?{frames: Frame[], next: ?number}} page */
  const show = (page) => {
    if (!page) return;
    list.append(...page.frames.map(makePhoto));
    after = page.frames.at(-1)?.frame ?? after;
    more.hidden = page.next === null;
  };
  model.on("stale", () => { if (more.hidden) load(); });
  return make("section", {}, list, more);
}

/** @param {Frame} photo */
function makePhoto({ source, frame, faces }) {
  const elements = faces.map((face, index) => {
    const details = makeFaceDetails(`Face ${index + 1}`, () => referTo(face));
    details.show(face);
    return make("div", {}, ...details.elements);
  });
  return make("li", { class: "card" }, make("h2", {}, source ?? `Photo ${frame + 1}`),
    make("p", { class: "muted" }, formatCount(faces.length, "face")),
    make("div", { class: "faces" }, ...elements));
}
