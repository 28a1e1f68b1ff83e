import { makeBars } from "../bars.js";
import { make } from "../dom.js";
import { makeFeedback } from "../feedback.js";
import { clock } from "../format.js";
import { Frames } from "./frames.js";

/**
 * What the chosen person's face shows at the cursor, and the buttons for feedback on it.
 *
 * @param {import("./model.js").Model} model
 * @param {(frame: object|null) => void} onFrame told the frame at the cursor.
 */
export function makeFace(model, onFrame) {
  const frames = new Frames(model), bars = makeBars("");
  const place = make("p", { class: "quiet" });
  let face = null;
  const feedback = makeFeedback(() => face && { face: face.id });
  const show = () => {
    const { cursor } = model.time, frame = frames.at(cursor);
    face = frame?.faces.find((one) => one.person === model.person) ?? null;
    bars.element.hidden = feedback.hidden = !face;
    place.textContent = face ? clock(cursor, true) : `${clock(cursor, true)}: ${sayWho(model)} in view`;
    bars.rename(model.nameOf(model.person));
    if (face) bars.show(face);
    onFrame(frame);
  };
  const follow = async () => {
    show();
    while (!model.signal.aborted && await frames.need(model.time.cursor)) show();
  };
  model.onTime("cursor", follow);
  model.on("curves", follow);
  model.on("chosen", show);
  model.on("people", () => { frames.forget(); follow(); });
  return make("section", { class: "card now", "aria-labelledby": "face-title" },
    make("h2", { id: "face-title" }, "At the cursor"), place, bars.element, feedback);
}

const sayWho = (model) => model.person === null ? "nobody" : `${model.nameOf(model.person)} is not`;
