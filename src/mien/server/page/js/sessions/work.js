import { ask } from "../api.js";
import { make } from "../dom.js";
import { percent } from "../format.js";
import { Message } from "../message.js";
import { insist, repeat } from "./repeat.js";

const RECENT = 500; // jobs looked through for the session's own
const WORDS = { analyze: "Analyzing the film", annotate: "Drawing the results on the film" };
const STEPS = 20; // of a job's way; each is spoken, so they are few

export const isGoingOn = (job) => job !== undefined && ["queued", "running"].includes(job.status);

/** Finds the jobs of the session, the newest first. */
export async function findJobs(model) {
  const { jobs } = await insist(() => ask("GET", "/v1/jobs", { query: { limit: RECENT } }));
  model.jobs = jobs.filter((job) => job.session === model.id);
}

/** Keeps a session up to date while it is recorded, or while a job is at work on it. */
export function follow(model) {
  return repeat(async () => {
    const working = model.jobs.some(isGoingOn);
    if (working) await findJobs(model);
    if (working || model.session.status === "recording") await model.load();
  }, model.signal);
}

/** How far the newest job of a kind is, and what cancels it; or why that ended as it did. */
export function makeProgress(model, kind) {
  const told = new Message();
  const bar = make("progress", { max: "1", "aria-label": WORDS[kind] });
  let job;
  const cancel = make("button", { type: "button", onclick: () => ask("DELETE", `/v1/jobs/${job.id}`) }, "Cancel");
  model.on("detail", () => {
    job = model.jobs.find((one) => one.kind === kind);
    bar.hidden = cancel.hidden = !isGoingOn(job);
    bar.value = job?.progress ?? 0;
    told.say(job ? sayJob(job) : "");
  });
  return make("div", { class: "work" }, told.element, bar, cancel);
}

/** Whether the session is being recorded, and what ends that; or that it was cut short. */
export function makeStatus(model) {
  const told = new Message();
  const end = make("button", { type: "button", onclick: () => model.change("PATCH", "", { status: "done" }) },
    "End the recording");
  model.on("detail", () => {
    const { status, kind } = model.session, recording = status === "recording" && kind !== "film";
    end.hidden = !recording;
    const cut = status === "interrupted" ? "Cut short: what was stored until then is here." : "";
    told.say(recording ? "Being recorded." : cut);
  });
  return make("div", { class: "work" }, told.element, end);
}

function sayJob({ kind, status, progress, message }) {
  if (status === "queued") return `${WORDS[kind]}: waits for its turn.`;
  if (status === "running") return `${WORDS[kind]}: ${percent(Math.floor(progress * STEPS) / STEPS)}.`;
  return message;
}
