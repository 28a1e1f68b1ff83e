/** @import { Lab } from "./main.js" */
/** @import { Marker, Recording } from "./recording.js" */
import { make, saveFile } from "../../src/mien/server/page/js/dom.js";
import { formatClock, formatCount, formatPercent } from "../../src/mien/server/page/js/format.js";
import { makeSwatch } from "../../src/mien/server/page/js/labels.js";
import { makeButton, makeIconButton } from "../../src/mien/server/page/js/ui/button.js";
import { confirmAction } from "../../src/mien/server/page/js/ui/dialog.js";
import { makeEmptyState } from "../../src/mien/server/page/js/ui/empty.js";
import { figuresOf } from "./figures.js";
import { nameOf } from "./recording.js";
import { toCsv, toEvents, toJsonLines } from "./records.js";
import { writeReport } from "./report.js";
import { Timeline } from "./timeline.js";

const LEAST_SHARE = 0.005; // of a label that is listed

/** The recordings of this page, the last one first; they are gone once it is closed. */
export class Recordings {
  #lab;
  #list = make("div", { class: "recordings" });
  #empty;
  /** @type {Recording[]} */
  #recordings = [];

  /** @param {Lab} lab */
  constructor(lab) {
    this.#lab = lab;
    this.#empty = makeEmptyState("layers", "No recordings yet", "Record in Live, or analyze a video in Files.");
    this.element = make("section", { class: "results", "aria-label": "Recordings" },
      make("h1", { class: "visually-hidden" }, "Recordings"), this.#empty, this.#list);
  }

  get count() {
    return this.#recordings.length;
  }

  /** Whether closing the page would lose a recording. */
  get hasUnsaved() {
    return this.#recordings.some(({ isSaved }) => !isSaved);
  }

  /** @param {Recording} recording */
  add(recording) {
    this.#recordings.unshift(recording);
    const end = new AbortController();
    const card = makeCard(recording, this.#lab, end.signal, () => {
      this.#recordings = this.#recordings.filter((other) => other !== recording);
      end.abort();
      card.remove();
      this.#refresh();
    });
    this.#list.prepend(card);
    this.#refresh();
  }

  #refresh() {
    this.#empty.hidden = this.count > 0;
    this.#lab.refresh();
  }
}

/**
 * @param {Recording} recording
 * @param {Lab} lab
 * @param {AbortSignal} signal
 * @param {() => void} remove
 */
function makeCard(recording, lab, signal, remove) {
  const timeline = new Timeline(recording, signal);
  const title = make("input", { type: "text", class: "title-field", value: recording.title, "aria-label": "Name of the recording",
    onchange: () => { recording.title = title.value.trim() || recording.title; } });
  const figures = make("div", { class: "scroll", role: "region", "aria-label": "Shares of time", tabindex: "0" });
  const update = () => {
    timeline.refresh();
    figures.replaceChildren(makeFigures(recording));
  };
  update();
  return make("article", { class: "card recording-card", "aria-label": recording.title },
    make("header", { class: "row spread" }, title, makeDownloads(recording, lab, remove)),
    make("p", { class: "muted small" }, describe(recording)),
    recording.video ? makePlayer(recording.video, timeline, signal) : null,
    timeline.element, make("div", { class: "beside" }, figures, makeMarkers(recording, timeline, update)));
}

/** @param {Recording} recording */
export function describe(recording) {
  const { results, people, length, model, started } = recording, usual = results.length > 1 ? (results.length - 1) / length : 0;
  return [formatClock(length, true), formatCount(results.length, "frame"), usual ? `${usual.toFixed(1)} fps` : "",
    formatCount(people.length, "person", "people"), `model ${model}`,
    started.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })].filter(Boolean).join(" · ");
}

/** @param {Recording} recording @param {Lab} lab @param {() => void} remove */
function makeDownloads(recording, lab, remove) {
  const save = (/** @type {string} */ text, /** @type {string} */ ending, /** @type {string} */ type) => {
    saveFile(new Blob([text], { type }), `${toFileName(recording.title)}${ending}`);
    if (ending === ".csv" || ending === ".jsonl") recording.isSaved = true;
  };
  const ask = () => confirmAction("Delete this recording?", "It is in this page only, and cannot be brought back.",
    { action: "Delete", run: async () => remove() });
  return make("div", { class: "toolbar" },
    makeButton("CSV", { icon: "download", label: "Save as CSV", onclick: () => save(toCsv(recording.results, recording), ".csv", "text/csv") }),
    makeButton("JSON Lines", { icon: "download", label: "Save as JSON Lines",
      onclick: () => save(toJsonLines(recording.results, recording), ".jsonl", "application/jsonl") }),
    makeButton("Markers", { icon: "flag", label: "Save markers as CSV", onclick: () => save(toEvents(recording.markers), ".events.csv", "text/csv") }),
    makeButton("Report", { icon: "file-video", label: "Save report",
      onclick: () => save(writeReport(recording, { note: lab.note, profile: lab.profileName }), ".html", "text/html") }),
    makeIconButton("Delete recording", "trash-2", ask));
}

/** @param {string} title */
const toFileName = (title) => title.replace(/\.\w{1,4}$/, "").replace(/[^\p{L}\p{N} ._-]+/gu, "-").trim() || "recording";

/** @param {File} file @param {Timeline} timeline @param {AbortSignal} signal */
function makePlayer(file, timeline, signal) {
  const url = URL.createObjectURL(file);
  const video = make("video", { src: url, controls: true, muted: true, playsinline: true, preload: "metadata", "aria-label": file.name });
  video.muted = true;
  let isFollowing = false;
  timeline.addEventListener("cursor", () => { if (!isFollowing) video.currentTime = timeline.time.cursor; });
  video.addEventListener("timeupdate", () => {
    if (video.paused) return;
    isFollowing = true;
    timeline.time.goTo(video.currentTime);
    isFollowing = false;
  });
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  return video;
}

/** The shares of each label, by person. @param {Recording} recording */
function makeFigures(recording) {
  const { labels } = recording, rows = figuresOf(recording).map(({ person, visible, frames, usable, shares }) => {
    const listed = Object.entries(shares).filter(([, share]) => share >= LEAST_SHARE).toSorted(([, one], [, other]) => other - one);
    return make("tr", {}, make("th", { scope: "row" }, nameOf(person)), make("td", { class: "number" }, formatClock(visible, true)),
      make("td", { class: "number" }, `${usable} of ${frames}`),
      make("td", {}, make("div", { class: "chips" }, ...listed.map(([label, share]) =>
        make("span", { class: "chip" }, makeSwatch(label, labels), `${label} ${formatPercent(share)}`)))));
  });
  const head = ["Who", "In view", "Usable frames", "Shares of that time"].map((text) => make("th", { scope: "col" }, text));
  return make("table", { class: "figures" }, make("caption", { class: "visually-hidden" }, "Shares of time"),
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}

/** @param {Recording} recording @param {Timeline} timeline @param {() => void} update */
function makeMarkers(recording, timeline, update) {
  const list = make("ul", { class: "markers" });
  const fill = () => {
    list.replaceChildren(...recording.markers.map(makeItem));
    update();
  };
  const makeItem = (/** @type {Marker} */ marker) => {
    const name = make("input", { type: "text", value: marker.name, placeholder: "Name",
      "aria-label": `Name of the marker at ${formatClock(marker.time, true)}`, onchange: () => { marker.name = name.value; } });
    const end = marker.duration ? ` – ${formatClock(marker.time + marker.duration, true)}` : "";
    return make("li", { class: "row" },
      makeButton(`${formatClock(marker.time, true)}${end}`, { kind: "quiet small number", onclick: () => timeline.time.goTo(marker.time) }),
      name, makeIconButton("Delete marker", "trash-2", () => {
        recording.unmark(marker);
        fill();
      }));
  };
  const add = () => {
    recording.mark({ time: timeline.time.cursor });
    fill();
  };
  list.replaceChildren(...recording.markers.map(makeItem));
  return make("section", { "aria-label": "Markers" },
    make("div", { class: "row spread" }, make("h2", {}, "Markers"),
      makeButton("Add marker", { icon: "flag", kind: "small", label: "Add marker at the cursor", onclick: add })), list);
}
