/** @import { Job } from "../types.js" */
/** @import { Item } from "./item.js" */
import { ask, retry, upload, wait } from "../api.js";
import { formatCount, formatPercent } from "../format.js";
import { notifyError } from "../notices.js";
import { settings } from "../settings.js";
import { Pace } from "./pace.js";

const POLL_INTERVAL = 0.7; // seconds
const TRIES = 3;

/** Why a job did not finish; the message is the server's. */
class JobError extends Error {}

/**
 * Uploads a video, and follows the job that analyzes it. The results go to a session.
 *
 * @type {import("./item.js").Analysis}
 * @throws {JobError|import("../api.js").ApiError}
 */
export async function analyzeVideo(item, signal) {
  const { file } = item, pace = new Pace();
  const query = { name: file.name, keep: settings.values.saveVideos, ...item.settings };
  /** @param {number} share */
  const onProgress = (share) => {
    if (!signal.aborted) item.showStatus(join(`Uploading ${formatPercent(share)}`, pace.format(share)), share);
  };
  const job = await retry(() => upload("/v1/jobs", file, { query, signal, onProgress }), { signal, tries: TRIES });
  signal.addEventListener("abort", () => { ask("DELETE", `/v1/jobs/${job.id}`).catch(notifyError); });
  await follow(item, job, signal);
}

/** @param {Item} item @param {Job} job @param {AbortSignal} signal */
async function follow(item, job, signal) {
  const pace = new Pace();
  item.session = job.session;
  while (job.status === "queued" || job.status === "running") {
    item.showStatus(formatProgress(job, pace), job.progress);
    await wait(POLL_INTERVAL);
    signal.throwIfAborted();
    const { id } = job;
    job = await retry(() => ask("GET", `/v1/jobs/${id}`), { signal, tries: TRIES });
    signal.throwIfAborted();
  }
  item.session = job.session; // a job without results has no session
  if (job.status !== "done") throw new JobError([job.status, job.message].filter(Boolean).join(": "));
  item.showStatus([formatCounts(job), job.message].filter(Boolean).join(". "));
}

/** @param {Job} job @param {Pace} pace */
function formatProgress(job, pace) {
  if (job.status === "queued") return "Queued";
  return join(`Analyzing ${formatPercent(job.progress)}`, pace.format(job.progress), formatCount(job.faces, "face"));
}

/** @param {Job} job */
const formatCounts = ({ frames, faces }) => `${formatCount(frames, "frame")}, ${formatCount(faces, "face")}`;

/** @param {...string} texts */
const join = (...texts) => texts.filter(Boolean).join(" · ");
