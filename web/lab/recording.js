/** @import { Face, Result } from "../src/types.js" */

/** Faces that a recording holds at most: about six hours of one person, 300 MB. */
export const MOST_FACES = 200_000;

/**
 * @typedef {Object} Marker
 * @property {number} time seconds from the recording's start.
 * @property {number} duration seconds; 0 is a moment, more an interval.
 * @property {string} name
 * @property {boolean} excluded whether summaries leave out what lies within.
 */

/**
 * What was detected in a source over time, with its markers: in memory only. It holds probabilities as detected;
 * a baseline changes only what is displayed.
 */
export class Recording {
  /** @type {Result[]} their times from 0, their frames from 0. */
  results = [];
  /** @type {Marker[]} by time. */
  markers = [];
  faces = 0;
  /** Whether a download of the records was made since the last change. */
  isSaved = false;
  #first = { frame: 0, time: 0, clock: 0 };

  /**
   * @param {Object} about
   * @param {string} about.source what the records name: "camera", or a video's file name.
   * @param {string} about.title
   * @param {string[]} about.labels of the model, in its order.
   * @param {string[]} about.attributes names of what is measured.
   * @param {string} about.model its name.
   * @param {?File} [about.video]
   */
  constructor({ source, title, labels, attributes, model, video = null }) {
    this.source = source;
    this.title = title;
    this.labels = labels;
    this.attributes = attributes;
    this.model = model;
    this.video = video;
    this.started = new Date();
  }

  get isFull() {
    return this.faces >= MOST_FACES;
  }

  /** Seconds from the first frame to the last. */
  get length() {
    return this.results.at(-1)?.time ?? 0;
  }

  /** Seconds that a frame usually lasts. */
  get interval() {
    const count = this.results.length;
    return count > 1 ? this.length / (count - 1) : 0.1;
  }

  /** The ids of the people, ascending. */
  get people() {
    const ids = new Set(this.results.flatMap(({ faces }) => faces.map(({ person }) => person ?? 0)));
    return [...ids].sort((first, second) => first - second);
  }

  /** @param {Result} result of the source's own clock. */
  add(result) {
    if (!this.results.length) this.#first = { frame: result.frame, time: result.time, clock: Date.now() };
    const time = Math.max(result.time - this.#first.time, 0);
    const clock = this.video ? {} : { clock: new Date(this.#first.clock + 1000 * time).toISOString() };
    this.results.push({ ...result, ...clock, source: this.source, frame: result.frame - this.#first.frame, time });
    this.faces += result.faces.length;
    this.isSaved = false;
  }

  /** The recording's time of a time of the source. @param {number} time */
  secondsAt(time) {
    return this.results.length ? Math.max(time - this.#first.time, 0) : 0;
  }

  /** @param {{time: number, duration?: number, name?: string, excluded?: boolean}} marker */
  mark({ time, duration = 0, name = "", excluded = false }) {
    const marker = { time, duration, name, excluded };
    this.markers.push(marker);
    this.markers.sort((first, second) => first.time - second.time);
    this.isSaved = false;
    return marker;
  }

  /** @param {Marker} marker */
  unmark(marker) {
    this.markers = this.markers.filter((other) => other !== marker);
    this.isSaved = false;
  }
}

/** The name of a person in records, reports and markers. @param {number} person */
export const nameOf = (person) => (person ? `Person ${person}` : "Face");

/** Whether a face is good enough for summaries. @param {Face} face */
export const isUsable = (face) => face.attributes?.usable !== 0;
