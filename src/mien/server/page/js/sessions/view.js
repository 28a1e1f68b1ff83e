/** @import { Context } from "../app.js" */
import { make } from "../dom.js";
import { makeCurrentFace, makePhotos } from "./faces.js";
import { findJobs, follow, makeDownloads, makeProgress, makeRecordingStatus } from "./jobs.js";
import { openList } from "./list.js";
import { makeMarkers } from "./markers.js";
import { Model } from "./model.js";
import { makePeople } from "./people.js";
import { makePlayer } from "./player.js";
import { makeHeader } from "./session.js";
import { makeTimeline } from "./timeline.js";

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
  if (id) openSession(root, id, context, leaving);
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
  root.append(makeHeader(model, leave), makeProgress(model, "analyze"), makeRecordingStatus(model));
  if (model.session.kind === "photo") root.append(makePhotos(model), makeDownloads(model));
  else root.append(makeViewer(model));
  for (const kind of ["people", "detail", "stale"]) model.emit(kind);
}

/** @param {Model} model */
function makeViewer(model) {
  const player = model.session.film ? makePlayer(model) : null;
  const face = makeCurrentFace(model, (frame) => player?.show(frame));
  const timeline = makeTimeline(model, () => player?.toggle());
  return make("div", { class: "viewer" }, player?.element ?? null, timeline, face, makePeople(model),
    makeMarkers(model), makeDownloads(model));
}

const makeMissing = () => [make("h1", {}, "Session not found"),
  make("p", {}, make("a", { href: "#/sessions" }, "All sessions"))];
