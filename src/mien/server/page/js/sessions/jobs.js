/** @import { Job } from "../types.js" */
/** @import { Model } from "./model.js" */
import { ask, poll, retry } from "../api.js";
import { make } from "../dom.js";
import { formatPercent } from "../format.js";
import { StatusLine } from "../notices.js";

const RECENT = 500; // jobs searched for the session's own
const STEPS = 20; // of a job's progress; screen readers speak each
const TASKS = { analyze: "Analyzing video", annotate: "Creating annotated video" };
const FORMATS = { csv: "CSV", jsonl: "JSON Lines", parquet: "Parquet", xlsx: "Excel" };
const EVENT_FORMATS = { csv: "CSV", elan: "ELAN", boris: "BORIS", bids: "BIDS", webvtt: "WebVTT", datavyu: "Datavyu" };

/** @param {Job} [job] */
const isRunning = (job) => job?.status === "queued" || job?.status === "running";

/** Finds the jobs of a session. @param {Model} model */
export async function findJobs(model) {
  /** @type {{jobs: Job[]}} */
  const { jobs } = await retry(() => ask("GET", "/v1/jobs", { query: { limit: RECENT } }));
  model.jobs = jobs.filter((job) => job.session === model.id);
}

/** Keeps a session up to date while it is recorded, or a job runs on it. @param {Model} model */
export function follow(model) {
  return poll(async () => {
    const isBusy = model.jobs.some(isRunning);
    if (isBusy) await findJobs(model);
    if (isBusy || model.session.status === "recording") await model.load();
  }, model.signal);
}

/**
 * The progress of the newest job of a kind, with a button to cancel it; or why it ended.
 *
 * @param {Model} model
 * @param {Job["kind"]} kind
 */
export function makeProgress(model, kind) {
  const status = new StatusLine();
  const bar = make("progress", { max: "1", "aria-label": TASKS[kind] });
  /** @type {Job|undefined} */
  let job;
  const cancel = make("button", { type: "button", onclick: () => ask("DELETE", `/v1/jobs/${job?.id}`) }, "Cancel");
  model.on("detail", () => {
    job = model.jobs.find((candidate) => candidate.kind === kind);
    bar.hidden = cancel.hidden = !isRunning(job);
    bar.value = job?.progress ?? 0;
    status.show(job ? formatJob(job) : "");
  });
  return make("div", { class: "job" }, status.element, bar, cancel);
}

/** @param {Job} job */
function formatJob({ kind, status, progress, message }) {
  if (status === "queued") return `${TASKS[kind]} · Queued`;
  if (status === "running") return `${TASKS[kind]} · ${formatPercent(Math.floor(progress * STEPS) / STEPS)}`;
  return message;
}

/**
 * Whether the session is recording, with a button to stop; or that it was interrupted.
 *
 * @param {Model} model
 */
export function makeRecordingStatus(model) {
  const line = new StatusLine();
  const stop = make("button", { type: "button",
    onclick: () => { model.change("PATCH", "", { status: "done" }); } }, "Stop recording");
  model.on("detail", () => {
    const { status, kind } = model.session, isRecording = status === "recording" && kind !== "film";
    stop.hidden = !isRecording;
    if (isRecording) line.show("Recording");
    else line.show(status === "interrupted" ? "Interrupted. Everything recorded until then is saved." : "");
  });
  return make("div", { class: "job" }, line.element, stop);
}

/** A session's files: its records, its events, its report, its annotated video. @param {Model} model */
export function makeDownloads(model) {
  /** @param {string} path @param {string} text @param {string} [label] for screen readers. */
  const offer = (path, text, label) =>
    make("a", { class: "button", href: `${model.path}${path}`, download: true, "aria-label": label }, text);
  const records = Object.entries(FORMATS).map(([format, name]) => offer(`/records?format=${format}`, name));
  const events = Object.entries(EVENT_FORMATS).map(([format, name]) => offer(`/events?format=${format}`, name, `Events for ${name}`));
  const bids = offer("/bids", "BIDS dataset");
  const video = offer("/annotated", "Annotated video");
  const create = make("button", { type: "button", onclick: () => createAnnotated(model) },
    "Create annotated video");
  const element = make("section", { class: "card", "aria-labelledby": "downloads-title" },
    make("h2", { id: "downloads-title" }, "Download"),
    make("div", { class: "row" }, make("span", {}, "Records"), ...records, offer("/report", "Report"),
      bids, video, create),
    make("div", { class: "row" }, make("span", {}, "Events"), ...events),
    makeProgress(model, "annotate"));
  model.on("detail", () => {
    const { frames, annotated, film } = model.session;
    element.hidden = !frames;
    bids.hidden = model.session.kind === "photo";
    video.hidden = !annotated;
    create.hidden = annotated || !film || model.jobs.some(isRunning);
  });
  return element;
}

/** @param {Model} model */
async function createAnnotated(model) {
  await ask("POST", `${model.path}/annotated`);
  await findJobs(model);
  model.emit("detail");
}
