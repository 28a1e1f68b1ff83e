import { ask, upload } from "../api.js";
import { make } from "../dom.js";
import { count, percent } from "../format.js";
import { persist, wait } from "../persist.js";

const EVERY = 0.7; // seconds between looks at a job

/** What keeps a job from its end; the message is the server's. */
class JobError extends Error {}

/**
 * Has the server analyze a film, and follows that to its end. The results go to a session.
 *
 * @param {import("./item.js").Item} item
 * @param {{model: string, keep: boolean}} settings `keep` keeps the film with the session.
 * @throws {JobError|import("../api.js").ApiError}
 */
export async function analyzeFilm(item, settings) {
  const { file, signal } = item, query = { name: file.name, ...settings };
  const onProgress = (part) => item.tell(`Sends the film: ${percent(part)}`, part);
  const job = await persist(() => upload("/v1/jobs", file, { query, signal, onProgress }), signal);
  signal.addEventListener("abort", () => ask("DELETE", `/v1/jobs/${job.id}`));
  await follow(item, job);
}

async function follow(item, job) {
  linkTo(item, job.session);
  while (["queued", "running"].includes(job.status)) {
    item.tell(sayProgress(job), job.progress);
    await wait(EVERY);
    job = await persist(() => ask("GET", `/v1/jobs/${job.id}`), item.signal);
  }
  linkTo(item, job.session); // one that came to nothing has none
  if (job.status !== "done") throw new JobError([job.status, job.message].filter(Boolean).join(": "));
  item.tell(`${sayCounts(job)}. ${job.message}`);
}

function sayProgress(job) {
  if (job.status === "queued") return "Waits for the films before it.";
  return `${percent(job.progress)}: ${sayCounts(job)} so far`;
}

const sayCounts = ({ frames, faces }) => `${count(frames, "frame")}, ${count(faces, "face")} in them`;

function linkTo(item, session) {
  const link = make("a", { class: "button", href: `#/sessions/${session}` }, "Open its session");
  item.body.replaceChildren(...(session === null ? [] : [link]));
}
