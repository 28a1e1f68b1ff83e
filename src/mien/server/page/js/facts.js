/** @import { Session } from "./types.js" */
import { formatClock, formatCount } from "./format.js";

export const KINDS = { live: "Live", film: "Video", photo: "Photos" };
export const STATUSES = { recording: "In progress", done: "Done", interrupted: "Interrupted" };
const UNITS = ["bytes", "kB", "MB", "GB"];

/** When a session began, in the user's date format. @param {Session} session */
export const formatStart = ({ started }) =>
  new Date(started * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

/**
 * What a session is: its kind, length, people, frames, size and status.
 *
 * @param {Session} session
 */
export function formatFacts(session) {
  const { kind, seconds, frames, dropped, people, film_bytes } = session;
  const facts = kind === "photo"
    ? [KINDS[kind], formatCount(frames, "photo")]
    : [KINDS[kind], formatClock(seconds), formatCount(people, "person", "people"), formatCount(frames, "frame")];
  if (dropped) facts.push(`${dropped} skipped`);
  if (film_bytes) facts.push(formatSize(film_bytes));
  return [...facts, formatStatus(session)].join(" · ");
}

/** A session's status, such as "Recording". @param {Pick<Session, "kind"|"status">} session */
export function formatStatus({ kind, status }) {
  if (status === "recording") return kind === "film" ? "Analyzing" : "Recording";
  return STATUSES[status];
}

/** A size such as "1.2 MB". @param {number} bytes */
export function formatSize(bytes) {
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const size = bytes / 1000 ** unit;
  return `${size.toFixed(size < 10 && unit ? 1 : 0)} ${UNITS[unit]}`;
}
