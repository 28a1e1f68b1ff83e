/** @import { Job } from "../types.js" */
/** @import { Model } from "./model.js" */
import { ask, poll, retry } from "../api.js";
import { make } from "../dom.js";
import { formatPercent } from "../format.js";
import { StatusLine } from "../notices.js";
import { makeButton, makeLinkButton } from "../ui/button.js";

const RECENT = 500; // jobs searched for the session's own
const STEPS = 20; // of a job's progress; screen readers speak each
const TASKS = { analyze: "Analyzing video", annotate: "Creating annotated video" };

/** Whether a job runs, or will. @param {Job} [job] */
export const isRunning = (job) => job?.status === "queued" || job?.status === "running";

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
  const cancel = makeButton("Cancel", { onclick: () => { ask("DELETE", `/v1/jobs/${job?.id}`); } });
  const element = make("div", { class: "job" }, status.element, bar, cancel);
  model.on("detail", () => {
    job = model.jobs.find((candidate) => candidate.kind === kind);
    bar.hidden = cancel.hidden = !isRunning(job);
    bar.value = job?.progress ?? 0;
    const text = job ? formatJob(job) : "";
    element.hidden = !text;
    status.show(text);
  });
  return element;
}

/** @param {Job} job */
function formatJob({ kind, status, progress, message }) {
  if (status === "queued") return `${TASKS[kind]} · Queued`;
  if (status === "running") return `${TASKS[kind]} · ${formatPercent(Math.floor(progress * STEPS) / STEPS)}`;
  return message;
}

/**
 * Whether the session is recording, with a button to stop; or that it was interrupted, and what to do.
 *
 * @param {Model} model
 */
export function makeRecordingStatus(model) {
  const line = new StatusLine(), dot = make("span", { class: "recording-dot", "aria-hidden": "true" });
  const stop = makeButton("Stop recording", { icon: "square",
    onclick: () => { model.change("PATCH", "", { status: "done" }); } });
  const isVideo = model.session.kind === "film";
  const again = isVideo ? makeLinkButton("Analyze the video again", "#/analyze", { icon: "refresh-cw" })
    : makeLinkButton("Record another session", "#/live", { icon: "video" });
  const element = make("div", { class: "job" }, dot, line.element, stop, again);
  model.on("detail", () => {
    const { status } = model.session, isRecording = status === "recording" && !isVideo, isInterrupted = status === "interrupted";
    dot.hidden = stop.hidden = !isRecording;
    again.hidden = !isInterrupted;
    element.hidden = !isRecording && !isInterrupted;
    if (isRecording) line.show("Recording");
    else line.show(isInterrupted ? "Interrupted. Everything recorded until then is saved." : "");
  });
  return element;
}
