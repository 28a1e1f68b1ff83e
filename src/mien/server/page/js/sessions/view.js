/** @import { Context } from "../app.js" */
import { make } from "../dom.js";
import { makeIcon, makeLinkButton } from "../ui/button.js";
import { makeSkeleton } from "../ui/empty.js";
import { openCompare } from "./compare/compare.js";
import { MarkerEdits } from "./markers/edits.js";
import { makeCurrentFace } from "./faces.js";
import { makeFigures } from "./timeline/figures.js";
import { findJobs, follow, makeProgress, makeRecordingStatus } from "./jobs.js";
import { listenForKeys } from "./keys.js";
import { openList } from "./list/list.js";
import { makeMarkers } from "./markers/markers.js";
import { Model } from "./model.js";
import { makePeople } from "./people/people.js";
import { makePhotos } from "./photos.js";
import { makePlayer } from "./player.js";
import { makeHeader } from "./session.js";
import { makeTimeline } from "./timeline/timeline.js";

const ID = /^[1-9]\d{0,14}$/;

/**
 * Sessions: the list; or, with an id in the address, one of them.
 *
 * @param {HTMLElement} root
 * @param {Context} context
 */
export function mount(root, context) {
  const leaving = new AbortController();
  const [id] = context.path;
  if (id === "compare") openCompare(root, context.path.slice(1), leaving.signal);
  else if (id) openSession(root, id, context, leaving);
  else openList(root, leaving.signal);
  return () => leaving.abort();
}

/**
 * @param {HTMLElement} root
 * @param {string} id as it stands in the address.
 * @param {Context} context
 * @param {AbortController} leaving stops all that the view does.
 */
async function openSession(root, id, context, leaving) {
  const { signal } = leaving, model = new Model(Number(id), signal);
  const showMissing = () => {
    leaving.abort();
    root.replaceChildren(...makeMissing());
  };
  model.on("gone", showMissing);
  root.append(makeSkeleton(6));
  if (!ID.test(id)) showMissing();
  else await Promise.all([findJobs(model), model.load()]);
  if (signal.aborted) return;
  build(root, model, context);
  await follow(model);
}

/** @param {HTMLElement} root @param {Model} model @param {Context} context */
function build(root, model, context) {
  const leave = () => {
    context.notify(`Deleted “${model.session.name}”`);
    context.go("/sessions");
  };
  const status = [makeProgress(model, "analyze"), makeProgress(model, "annotate"), makeRecordingStatus(model)];
  const content = model.session.kind === "photo" ? [makePhotos(model)] : makeViewer(model);
  root.replaceChildren(make("div", { class: "session" }, makeHeader(model, leave), ...status, ...content));
  for (const kind of ["people", "detail", "stale"]) model.emit(kind);
}

/** @param {Model} model */
function makeViewer(model) {
  const edits = new MarkerEdits(model), player = model.session.film ? makePlayer(model) : null;
  const face = makeCurrentFace(model, (frame) => player?.show(frame));
  const { signal, time } = model;
  listenForKeys(signal, { " ": () => player?.toggle(), escape: () => time.unselect() });
  return [
    make("div", { class: player ? "stage" : "stage without-video" }, player?.element ?? null, makeTimeline(model, edits),
      make("div", { class: "side" }, face, makeFigures(model, edits))),
    make("div", { class: "below" }, makePeople(model), makeMarkers(model, edits)),
  ];
}

const makeMissing = () => [make("section", { class: "empty-state" }, makeIcon("search"), make("h1", {}, "Session not found"),
  make("p", {}, "It was deleted, or the address is not complete."),
  make("div", { class: "row" }, makeLinkButton("All sessions", "#/sessions", { icon: "arrow-left", kind: "primary" })))];
