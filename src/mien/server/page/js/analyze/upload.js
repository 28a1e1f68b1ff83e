/** @import { Job, ModelChoice } from "../types.js" */
/** @import { Item } from "./item.js" */
import { ask, retry, upload, wait } from "../api.js";
import { make } from "../dom.js";
import { formatCount, formatPercent } from "../format.js";

const POLL_INTERVAL = 0.7; // seconds
const TRIES = 3;

/** Why a job did not finish; the message is the server's. */
class JobError extends Error {}

/**
 * Uploads a video, and follows the job that analyzes it. The results go to a session.
 *
 * @param {Item} item
 * @param {ModelChoice & {keep: boolean, profile: ?string}} settings `keep` saves the video for playback.
 * @throws {JobError|import("../api.js").ApiError}
 */
export async function analyzeVideo(item, settings) {
  const { file, signal } = item, query = { name: file.name, ...settings };
  /** @param {number} share */
  const onProgress = (share) => item.showStatus(`Uploading ${formatPercent(share)}`, share);
  const send = () => upload("/v1/jobs", file, { query, signal, onProgress });
  const job = await retry(send, { signal, tries: TRIES });
  signal.addEventListener("abort", () => ask("DELETE", `/v1/jobs/${job.id}`));
  await follow(item, job);
}

/** @param {Item} item @param {Job} job */
async function follow(item, job) {
  linkTo(item, job.session);
  while (job.status === "queued" || job.status === "running") {
    item.showStatus(formatProgress(job), job.progress);
    await wait(POLL_INTERVAL);
    const { id } = job;
    job = await retry(() => ask("GET", `/v1/jobs/${id}`), { signal: item.signal, tries: TRIES });
  }
  linkTo(item, job.session); // a job without results has no session
  if (job.status !== "done") throw new JobError([job.status, job.message].filter(Boolean).join(": "));
  item.showStatus([formatCounts(job), job.message].filter(Boolean).join(". "));
}

/** @param {Job} job */
function formatProgress(job) {
  if (job.status === "queued") return "Queued";
  return `Analyzing ${formatPercent(job.progress)} · ${formatCounts(job)}`;
}

/** @param {Job} job */
const formatCounts = ({ frames, faces }) => `${formatCount(frames, "frame")}, ${formatCount(faces, "face")}`;

/** @param {Item} item @param {?number} session */
function linkTo(item, session) {
  const link = make("a", { class: "button", href: `#/sessions/${session}` }, "Open session");
  item.body.replaceChildren(...(session === null ? [] : [link]));
}
