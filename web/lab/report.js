/// <reference path="./texts.d.ts" />
/** @import { Curve } from "../../src/mien/server/page/js/types.js" */
/** @import { Recording } from "./recording.js" */
import documentStyle from "../../src/mien/design/document.css";
import { formatClock, formatCount, formatPercent } from "../../src/mien/server/page/js/format.js";
import { DEFAULT_LABELS, stackOrder, UNSURE } from "../../src/mien/server/page/js/labels.js";
import { segmentsOf } from "../../src/mien/server/page/js/sessions/frames.js";
import { curveOf, figuresOf } from "./figures.js";
import { nameOf } from "./recording.js";
import style from "./report.css";

const WIDTH = 1000, HEIGHT = 72; // of a chart, in its own units
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'";
const LIMITS = [
  "Mien labels the visible expression, not a feeling. People show the same expression for many reasons, and feel much that they do not show.",
  "The labels are those of the FER2013 photos. Accuracy differs between people, with lighting, pose and image quality; see the model card.",
  "Shares are of the time in view. A frame counts until the person's next frame, or for a usual frame's length before a gap; excluded intervals do not count.",
  "Frames that the browser had no time for were not analyzed.",
];

/**
 * Writes a report: one HTML file that needs nothing else, and prints.
 *
 * @param {Recording} recording
 * @param {{note: string, profile: string}} conditions the fallback that was taken, and the profile in use; may be
 *   empty.
 * @returns {string}
 */
export function writeReport(recording, conditions) {
  const { title } = recording, design = document.getElementById("design")?.textContent ?? "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}: expressions over time</title>
<style>${design}${documentStyle}${style}</style>
</head>
<body>
<header><h1>${escape(title)}</h1><p>The expression visible on each face, over time. Mien labels visible expressions, not feelings.</p></header>
<main>
${writeFacts(recording, conditions)}
<h2>People</h2>
${writePeople(recording)}
<h2>Over time</h2>
${writeLegend(recording.labels)}
${recording.people.map((person) => writeChart(recording, person)).join("\n")}
<h2>Markers</h2>
${writeMarkers(recording)}
<h2>Limitations</h2>
<ul>${LIMITS.map((text) => `<li>${text}</li>`).join("")}</ul>
</main>
</body>
</html>
`;
}

/** @param {Recording} recording @param {{note: string, profile: string}} conditions */
function writeFacts({ results, faces, people, model, started, source, length }, { note, profile }) {
  const usable = results.flatMap((result) => result.faces).filter(({ attributes }) => attributes?.usable !== 0).length;
  const empty = results.filter((result) => !result.faces.length).length;
  const facts = [
    ["Source", source], ["Recorded", started.toISOString()], ["Length", formatClock(length, true)],
    ["Frames", `${results.length}, ${empty} of them without a face`],
    ["Faces", `${faces}, ${usable} of them usable`], ["People", `${people.length}`], ["Model", model],
    ["Profile", profile || "none"], ["Processing", `in the browser${note ? `. ${note}` : ""}`],
  ];
  const rows = facts.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${escape(value)}</td></tr>`);
  return `<table class="facts"><tbody>${rows.join("")}</tbody></table>`;
}

/** @param {Recording} recording */
function writePeople(recording) {
  const columns = [...recording.labels, UNSURE];
  const rows = figuresOf(recording).map(({ person, frames, usable, visible, shares, means }) => {
    const cells = columns.map((label) => `<td class="number">${formatPercent(shares[label])}</td>`).join("");
    const mean = recording.labels.map((label) => `<td class="number">${means[label].toFixed(3)}</td>`).join("");
    return `<tr><th scope="row" rowspan="2">${nameOf(person)}</th><td rowspan="2" class="number">${frames}</td>`
      + `<td rowspan="2" class="number">${usable}</td><td rowspan="2" class="number">${formatClock(visible, true)}</td>`
      + `<th scope="row">share of time</th>${cells}</tr><tr><th scope="row">mean probability</th>${mean}<td></td></tr>`;
  });
  const head = ["Who", "Frames (n)", "Usable", "In view", "", ...columns].map((text) => `<th scope="col">${escape(text)}</th>`);
  return rows.length ? `<div class="scroll"><table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`
    : "<p>No face was detected.</p>";
}

/** @param {string[]} labels */
function writeLegend(labels) {
  const items = stackOrder(labels).map((label) =>
    `<li><i style="background:${colorOf(label, labels)}"></i>${escape(label)}</li>`);
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** @param {Recording} recording @param {number} person */
function writeChart(recording, person) {
  const curve = curveOf(recording, person), length = Math.max(recording.length, recording.interval);
  const toX = (/** @type {number} */ time) => (time / length * WIDTH).toFixed(1);
  const lines = recording.markers.map(({ time, duration, name }) =>
    `<g><title>${escape(name)}</title><rect x="${toX(time)}" width="${toX(duration)}" height="${HEIGHT}" class="interval"/>`
    + `<path d="M${toX(time)} 0V${HEIGHT}" class="marker"/></g>`);
  return `<figure><figcaption>${nameOf(person)}, ${formatClock(0)} to ${formatClock(length, true)}</figcaption>`
    + `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Probabilities over time">`
    + `${drawAreas(curve, recording.labels, toX, recording.interval)}${lines.join("")}</svg></figure>`;
}

/** @param {Curve} curve @param {string[]} labels @param {(time: number) => string} toX @param {number} interval */
function drawAreas(curve, labels, toX, interval) {
  const foot = curve.times.map(() => 0);
  return stackOrder(labels).map((label) => {
    const top = foot.map((share, point) => share + curve.values[label][point]);
    const paths = segmentsOf(curve).map(([first, last]) => {
      const points = pick(first, last);
      const along = points.map((point) => `${toX(curve.times[point])} ${toY(top[point])}`);
      const back = points.toReversed().map((point) => `${toX(curve.times[point])} ${toY(foot[point])}`);
      const end = toX(curve.times[last] + interval);
      return `M${[...along, `${end} ${toY(top[last])}`, `${end} ${toY(foot[last])}`, ...back].join("L")}Z`;
    });
    top.forEach((share, point) => { foot[point] = share; });
    return `<path d="${paths.join("")}" fill="${colorOf(label, labels)}"/>`;
  }).join("");
}

/** The points of a segment that are drawn: no more than the chart is wide. @param {number} first @param {number} last */
function pick(first, last) {
  const step = Math.max(1, Math.ceil((last - first) / WIDTH)), points = [];
  for (let point = first; point < last; point += step) points.push(point);
  return [...points, last];
}

/** @param {number} share */
const toY = (share) => (HEIGHT * (1 - Math.min(share, 1))).toFixed(1);

/** @param {Recording} recording */
function writeMarkers({ markers }) {
  if (!markers.length) return "<p>None.</p>";
  const rows = markers.map(({ time, duration, name, excluded }) => `<tr><td class="number">${formatClock(time, true)}</td>`
    + `<td class="number">${duration ? formatClock(time + duration, true) : ""}</td><td>${escape(name)}${excluded ? " (excluded)" : ""}</td></tr>`);
  return `<p>${formatCount(markers.length, "marker")}</p><table><thead><tr><th scope="col">From</th><th scope="col">To</th>`
    + `<th scope="col">Name</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** @param {string} label @param {string[]} labels */
function colorOf(label, labels) {
  const others = labels.filter((other) => !DEFAULT_LABELS.includes(other)), place = others.indexOf(label);
  return `var(--${place < 0 ? label : `label-${place % 8 + 1}`})`;
}

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
