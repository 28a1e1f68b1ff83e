import { ask } from "../api.js";
import { make } from "../dom.js";
import { findJobs, isGoingOn, makeProgress } from "./work.js";

const FORMATS = { csv: "CSV", jsonl: "JSON Lines", parquet: "Parquet" };

/** What can be taken away of a session: its records, its report, its film with the results on it. */
export function makeDownloads(model) {
  const offer = (path, text) =>
    make("a", { class: "button", href: `${model.path}${path}`, download: true }, text);
  const records = Object.entries(FORMATS).map(([format, name]) => offer(`/records?format=${format}`, name));
  const drawn = offer("/annotated", "Annotated film");
  const draw = make("button", { type: "button", onclick: () => startDrawing(model) }, "Make the annotated film");
  const element = make("section", { class: "card", "aria-labelledby": "downloads-title" },
    make("h2", { id: "downloads-title" }, "Download"),
    make("div", { class: "row" }, make("span", {}, "Records"), ...records, offer("/report", "Report"),
      drawn, draw),
    makeProgress(model, "annotate"));
  model.on("detail", () => {
    const { frames, annotated, film } = model.session;
    element.hidden = !frames;
    drawn.hidden = !annotated;
    draw.hidden = annotated || !film || model.jobs.some(isGoingOn);
  });
  return element;
}

async function startDrawing(model) {
  await ask("POST", `${model.path}/annotated`);
  await findJobs(model);
  model.tell("detail");
}
