/** @import { Model } from "./model.js" */
import { ask } from "../api.js";
import { make } from "../dom.js";
import { FORMATS } from "../formats.js";
import { makeMenu } from "../ui/menu.js";
import { findJobs, isRunning } from "./jobs.js";

const EVENT_FORMATS = { csv: "CSV", elan: "ELAN", boris: "BORIS", bids: "BIDS", webvtt: "WebVTT", datavyu: "Datavyu" };

/**
 * The menu of a session's files: its records, its events, its report, its annotated video.
 *
 * @param {Model} model
 */
export function makeExport(model) {
  const element = make("span");
  let offered = "";
  model.on("detail", () => {
    const items = findItems(model), key = items.map(({ text }) => text).join();
    element.hidden = !model.session.frames;
    if (key === offered) return; // a needless replacement would close the menu
    offered = key;
    element.replaceChildren(makeMenu("Export", items, { icon: "download" }));
  });
  return element;
}

/** @param {Model} model @returns {import("../ui/menu.js").MenuItem[]} */
function findItems(model) {
  const { kind, annotated, film } = model.session, isPhoto = kind === "photo";
  /** @param {string} text @param {string} path */
  const offer = (text, path) => ({ text, href: `${model.path}${path}` });
  const records = Object.entries(FORMATS).map(([format, name]) => offer(`Records as ${name}`, `/records?format=${format}`));
  const events = Object.entries(EVENT_FORMATS).map(([format, name]) => offer(`Events as ${name}`, `/events?format=${format}`));
  const video = film && !model.jobs.some(isRunning) ? [{ text: "Create annotated video", onclick: () => createAnnotated(model) }] : [];
  return [offer("Report", "/report"), ...records, ...(isPhoto ? [] : [...events, offer("BIDS dataset", "/bids")]),
    ...(annotated ? [offer("Annotated video", "/annotated")] : video)];
}

/** @param {Model} model */
async function createAnnotated(model) {
  await ask("POST", `${model.path}/annotated`);
  await findJobs(model);
  model.emit("detail");
}
