/** @import { Face, Result } from "../src/types.js" */
/** @import { Marker } from "./recording.js" */

/**
 * Writes results as `mien predict --records` does, so that `mien report`, `mien summarize` and Studio read them: the
 * columns of `mien.inference.records.layout`, in their order.
 *
 * @typedef {{labels: string[], attributes: string[]}} Layout
 * @typedef {string|number|null} Value
 * @typedef {[string, (result: Result, face: ?Face) => Value|undefined]} Column
 */

const TIME_DECIMALS = 1e6; // microseconds
const EVENT_COLUMNS = ["onset", "duration", "person", "name", "condition", "code", "note", "author", "excluded",
  "recording"];

/** @param {readonly Result[]} results @param {Layout} layout */
export function toCsv(results, layout) {
  const columns = columnsOf(layout);
  return writeTable([columns.map(([name]) => name), ...rowsOf(results, columns)]);
}

/** @param {readonly Result[]} results @param {Layout} layout */
export function toJsonLines(results, layout) {
  const columns = columnsOf(layout), names = columns.map(([name]) => name);
  const lines = rowsOf(results, columns).map((row) =>
    JSON.stringify(Object.fromEntries(names.map((name, place) => [name, row[place]]))));
  return lines.map((line) => `${line}\n`).join("");
}

/** Writes markers as the table that `mien events` reads. @param {readonly Marker[]} markers */
export function toEvents(markers) {
  const rows = markers.map(({ time, duration, name, excluded }) =>
    [roundTime(time), roundTime(duration), "", name, "", "", "", "", Number(excluded), ""]);
  return writeTable([EVENT_COLUMNS, ...rows]);
}

/** @param {Layout} layout @returns {Column[]} */
function columnsOf({ labels, attributes }) {
  return [
    ["source", ({ source }) => escapeControls(source)],
    ["frame", ({ frame }) => frame],
    ["time", ({ time }) => roundTime(time)],
    ["person", (_, face) => face?.person],
    ...["x", "y", "width", "height"].map((name, place) =>
      /** @type {Column} */ ([name, (_, face) => face?.box[place]])),
    ["score", (_, face) => face?.score],
    ["emotion", (_, face) => face?.emotion],
    ["confidence", (_, face) => face?.confidence],
    ...labels.map((label) => /** @type {Column} */ ([`raw_${label}`, (_, face) => face?.probabilities[label]])),
    ...labels.map((label) => /** @type {Column} */ ([`smoothed_${label}`, (_, face) => face?.smoothed?.[label]])),
    ...attributes.map((name) => /** @type {Column} */ ([`attribute_${name}`, (_, face) => face?.attributes?.[name]])),
    ["detector", ({ detector }) => detector],
    ["clock", ({ clock }) => clock],
  ];
}

/** A row a face, or one that is empty from `person` on. @param {readonly Result[]} results @param {Column[]} columns */
function rowsOf(results, columns) {
  return results.flatMap((result) => (result.faces.length ? result.faces : [null])
    .map((face) => columns.map(([, valueOf]) => valueOf(result, face) ?? null)));
}

/** @param {readonly Value[][]} rows */
function writeTable(rows) {
  return rows.map((row) => `${row.map(writeCell).join(",")}\n`).join("");
}

/** @param {Value} value */
function writeCell(value) {
  const text = typeof value === "string" ? guard(value) : `${value ?? ""}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Leads text that a spreadsheet would run by an apostrophe, as `mien.sheets` does; its readers remove it.
 * @param {string} text
 */
const guard = (text) => (/^'*[=+\-@\t\r\n]/.test(text) ? `'${text}` : text);

/** @param {number} time */
const roundTime = (time) => Math.round(time * TIME_DECIMALS) / TIME_DECIMALS;

/** A row is one line, so control characters and halves of letters are written as their codes. @param {string} text */
function escapeControls(text) {
  return text.replace(/\p{Cc}|\p{Cs}/gu, (letter) => {
    const code = letter.charCodeAt(0), named = { 9: "\\t", 10: "\\n", 13: "\\r" }[code];
    return named ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`);
  });
}
