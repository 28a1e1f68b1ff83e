import { make } from "../dom.js";
import { makeDownloads } from "./downloads.js";
import { makeFace } from "./face.js";
import { makeFilm } from "./film.js";
import { makeHead } from "./head.js";
import { makeMarks } from "./marks.js";
import { Model } from "./model.js";
import { makePeople } from "./people.js";
import { makePhotos } from "./photos.js";
import { makeTools } from "./tools.js";
import { makeTrack } from "./track.js";
import { findJobs, follow, makeProgress, makeStatus } from "./work.js";

const NUMBER = /^[1-9]\d{0,14}$/;

/**
 * Opens one session.
 *
 * @param {HTMLElement} root
 * @param {string} number as it stands in the address.
 * @param {import("../app.js").Context} context
 * @param {AbortController} leaving ends all that the view does.
 */
export async function openSession(root, number, context, leaving) {
  const { signal } = leaving, model = new Model(Number(number), signal);
  const tellGone = () => {
    leaving.abort();
    root.replaceChildren(...makeGone());
  };
  model.on("gone", tellGone);
  if (!NUMBER.test(number)) tellGone();
  else await Promise.all([findJobs(model), model.load()]);
  if (signal.aborted) return;
  build(root, model, context);
  await follow(model);
}

function build(root, model, context) {
  const gone = () => {
    context.tell(`“${model.session.name}” is deleted.`);
    context.go("/sessions");
  };
  root.append(makeHead(model, gone), makeProgress(model, "analyze"), makeStatus(model));
  if (model.session.kind === "photo") root.append(makePhotos(model), makeDownloads(model));
  else root.append(makeViewer(model));
  for (const kind of ["people", "detail", "stale"]) model.tell(kind);
}

function makeViewer(model) {
  const film = model.session.film ? makeFilm(model) : null;
  const face = makeFace(model, (frame) => film?.show(frame));
  const track = makeTrack(model, () => film?.toggle());
  const timeline = make("section", { class: "card", "aria-label": "Timeline" }, makeTools(model), track);
  return make("div", { class: "viewer" }, film?.element ?? null, timeline, face, makePeople(model),
    makeMarks(model), makeDownloads(model));
}

const makeGone = () => [make("h1", {}, "This session is not there"),
  make("p", {}, "It was deleted, or never recorded. ", make("a", { href: "#/sessions" }, "All sessions"))];
