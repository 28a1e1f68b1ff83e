/** @import { Face } from "../src/types.js" */
/** @import { Curve } from "../../src/mien/server/page/js/types.js" */
/** @import { Recording } from "./recording.js" */
import { displayedOf, UNSURE } from "../../src/mien/server/page/js/labels.js";
import { isUsable } from "./recording.js";

const GAP = 0.5; // seconds out of view after which a timeline has a gap, as in a report
const STEADY = 3; // frames' usual lengths, within which the next frame still belongs to the same segment

/**
 * One person's figures.
 *
 * @typedef {Object} Figures
 * @property {number} person
 * @property {number} frames in which the person is in view.
 * @property {number} usable of them.
 * @property {number} visible seconds in view.
 * @property {Record<string, number>} shares of the time in view, by label; "unsure" last.
 * @property {Record<string, number>} means of the displayed probabilities.
 */

/**
 * The timeline of a person, for the charts of Studio.
 *
 * @param {Recording} recording
 * @param {number} person
 * @returns {Curve}
 */
export function curveOf(recording, person) {
  const { labels, interval } = recording, points = pointsOf(recording, person);
  const times = points.map(({ time }) => time), longest = Math.max(GAP, STEADY * interval);
  const isFirst = (/** @type {number} */ point) => point === 0 || times[point] - times[point - 1] > longest;
  return {
    person, times, frames: points.map(({ frame }) => frame), labels: points.map(({ face }) => face.emotion),
    values: Object.fromEntries(labels.map((label) => [label, points.map(({ face }) => displayedOf(face)[label] ?? 0)])),
    parts: times.map((_, point) => point).filter(isFirst), visible: 0, seconds: {},
  };
}

/**
 * How long each label was displayed. A frame counts until the person's next one, or for a usual frame's length
 * before a gap; what markers exclude does not count.
 *
 * @param {Recording} recording
 * @returns {Figures[]} by person.
 */
export function figuresOf(recording) {
  return recording.people.map((person) => {
    const points = pointsOf(recording, person).filter(({ time }) => !isExcluded(recording, time));
    const lengths = lengthsOf(points, recording.interval), visible = sum(lengths);
    const secondsOf = (/** @type {string} */ label) =>
      sum(lengths.filter((_, point) => points[point].face.emotion === label));
    return {
      person, visible, frames: points.length, usable: points.filter(({ face }) => isUsable(face)).length,
      shares: mapLabels([...recording.labels, UNSURE], (label) => (visible ? secondsOf(label) / visible : 0)),
      means: mapLabels(recording.labels, (label) =>
        sum(points.map(({ face }) => displayedOf(face)[label] ?? 0)) / Math.max(points.length, 1)),
    };
  });
}

/** @param {Recording} recording @param {number} person @returns {{time: number, frame: number, face: Face}[]} */
function pointsOf({ results }, person) {
  return results.flatMap(({ time, frame, faces }) => {
    const face = faces.find((candidate) => (candidate.person ?? 0) === person);
    return face ? [{ time, frame, face }] : [];
  });
}

/** @param {{time: number}[]} points @param {number} interval */
function lengthsOf(points, interval) {
  const longest = Math.max(GAP, STEADY * interval);
  return points.map(({ time }, point) => {
    const length = (points[point + 1]?.time ?? Infinity) - time;
    return length > longest ? interval : length;
  });
}

/** @param {Recording} recording @param {number} time */
function isExcluded({ markers }, time) {
  return markers.some((marker) => marker.excluded && time >= marker.time && time < marker.time + marker.duration);
}

/** @param {string[]} labels @param {(label: string) => number} valueOf */
const mapLabels = (labels, valueOf) => Object.fromEntries(labels.map((label) => [label, valueOf(label)]));

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
