import { clock, count } from "../format.js";

export const KINDS = { live: "Live", film: "Film", photo: "Photos" };

const STATUSES = { recording: "being recorded", done: "done", interrupted: "cut short" };
const UNITS = ["bytes", "kB", "MB", "GB"];

/** When a session began, in the user's own way to write it. */
export const sayWhen = (session) =>
  new Date(session.started * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

/** What a session is, how long and how large, each in a few words. */
export function sayFacts(session) {
  const { kind, seconds, frames, people, film_bytes, status } = session;
  const photos = kind === "photo";
  return [
    KINDS[kind],
    photos ? null : clock(seconds),
    photos ? null : count(people, "person", "people"),
    count(frames, photos ? "photo" : "frame"),
    film_bytes ? saySize(film_bytes) : null,
    kind === "film" && status === "recording" ? "being analyzed" : STATUSES[status],
  ].filter((fact) => fact !== null);
}

/** What answered: the model, and the profile that changed its answers. */
export const sayAnswerer = ({ model, model_version, profile }) =>
  `model ${model} ${model_version}${profile ? `, as ${profile} taught it` : ""}`;

function saySize(bytes) {
  const unit = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const size = bytes / 1000 ** unit;
  return `film of ${size.toFixed(size < 10 && unit ? 1 : 0)} ${UNITS[unit]}`;
}
