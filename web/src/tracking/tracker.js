import { CutDetector } from "./scene.js";
import { Sighting, Track } from "./track.js";

/**
 * @import { Detection, FaceDetector, FaceFormat, Image } from "../types.js"
 * @import { Follower } from "./follower.js"
 *
 * @typedef {{person: number, face: Detection, crop: Uint8Array}} Tracked one person's face in one frame.
 */

const SEARCH_EVERY = 0.25; // seconds between detections while a person is missing or there is none
const DOUBTS = 3; // detections in a row that miss a followed face, after which it is dropped
const SURE = 0.85; // O-Net's score below which the first miss is enough

/**
 * Assigns each person in a moving source a constant id: a port of `mien.inference.tracking.tracker`.
 *
 * Between two detections in the whole frame, each face is followed from frame to frame. Faces are assigned to
 * persons by expected position, size and appearance. A person may be out of view for a while; a cut, a change of
 * the frame's size and a time that goes back end all tracks. Ids are never reused.
 */
export class Tracker {
  #detector;
  #follower;
  #searchEvery;
  #gap;
  #format;
  #lastId = 0;
  /** @type {Track[]} */
  #tracks = [];
  #scene = new CutDetector();
  #time = -Infinity;
  #searched = -Infinity;

  /**
   * @param {Object} parts
   * @param {FaceDetector} parts.detector of a whole frame.
   * @param {Follower} parts.follower of known faces.
   * @param {FaceFormat} parts.format of the crops.
   * @param {number} [parts.searchEvery] seconds between detections in the whole frame while all persons are in
   *   view: a new face is detected within this time.
   * @param {number} [parts.gap] seconds out of view for which a person keeps the id.
   */
  constructor({ detector, follower, format, searchEvery = 1, gap = 2 }) {
    this.#detector = detector;
    this.#follower = follower;
    this.#format = format;
    this.#searchEvery = searchEvery;
    this.#gap = gap;
  }

  /**
   * Detects the persons of the next frame.
   *
   * @param {{image: Image, time: number}} frame its time, in seconds, counts.
   * @returns {Promise<Tracked[]>} the persons in view, in the order of their ids.
   */
  async update({ image, time }) {
    this.#forget(image, time);
    this.#time = time;
    await this.#follow(image);
    if (this.#isSearchDue()) await this.#search(image);
    return this.#visible()
      .sort((a, b) => a.person - b.person)
      .map(({ person, last: { face, crop } }) => ({ person, face, crop }));
  }

  /** Ends all tracks at a cut, and those out of view for too long. @param {Image} image @param {number} time */
  #forget(image, time) {
    if (this.#scene.isCut(image) || time < this.#time) {
      this.#tracks = [];
      this.#searched = -Infinity;
    }
    this.#tracks = this.#tracks.filter((track) => time - track.lastTime <= this.#gap);
  }

  /** @param {Image} image */
  async #follow(image) {
    const followed = this.#visible();
    for (const track of followed) track.isVisible = false;
    const places = followed.map((track) => track.expected(this.#time));
    const found = await this.#follower.follow(image, places);
    const sightings = found.flatMap((face) => (face ? [new Sighting(image, face, this.#format)] : []));
    this.#match(followed, distinct(sightings));
  }

  /**
   * Assigns each sighting to at most one person, best first.
   *
   * @param {readonly Track[]} tracks
   * @param {readonly Sighting[]} sightings
   * @returns {Sighting[]} the unassigned ones.
   */
  #match(tracks, sightings) {
    const pairs = tracks.flatMap((track) => sightings.flatMap((sighting) => {
      const cost = track.cost(sighting, this.#time, this.#gap);
      return cost === null ? [] : [{ cost, track, sighting }];
    }));
    const unassigned = new Set(sightings);
    for (const { track, sighting } of pairs.sort((a, b) => a.cost - b.cost)) {
      if (track.isVisible || !unassigned.has(sighting)) continue;
      track.update(sighting, this.#time, !track.isCrowded(this.#tracks, this.#time));
      unassigned.delete(sighting);
    }
    return [...unassigned];
  }

  #isSearchDue() {
    const isSettled = this.#tracks.length > 0 && this.#tracks.every((track) => track.isVisible);
    const every = isSettled ? this.#searchEvery : Math.min(SEARCH_EVERY, this.#searchEvery);
    return this.#time - this.#searched >= every;
  }

  /** Detects missing and new persons in the whole frame, and verifies the others. @param {Image} image */
  async #search(image) {
    this.#searched = this.#time;
    const faces = await this.#detector.detect(image);
    const found = faces.map((face) => new Sighting(image, face, this.#format));
    const known = this.#visible();
    verify(known, found);
    const fresh = found.filter((sighting) => !known.some((track) => sighting.isSame(track.last)));
    const missing = this.#tracks.filter((track) => !track.isVisible);
    for (const sighting of this.#match(missing, fresh)) {
      // An occluded face has another appearance: it may be a missing person.
      if (missing.length && known.some((track) => sighting.mayOcclude(track.last))) continue;
      this.#tracks.push(new Track(++this.#lastId, sighting, this.#time));
    }
  }

  #visible() {
    return this.#tracks.filter((track) => track.isVisible);
  }
}

/** Drops each sighting of a face that another with a better score covers. @param {Sighting[]} sightings */
function distinct(sightings) {
  /** @type {Sighting[]} */
  const kept = [];
  for (const sighting of [...sightings].sort((a, b) => b.face.score - a.face.score)) {
    if (!kept.some((other) => sighting.isSame(other))) kept.push(sighting);
  }
  return kept;
}

/**
 * Drops followed faces that the detector, which is stricter, does not confirm.
 *
 * @param {readonly Track[]} tracks
 * @param {readonly Sighting[]} found
 */
function verify(tracks, found) {
  for (const track of tracks) {
    const isConfirmed = found.some((sighting) => sighting.isSame(track.last));
    track.doubts = isConfirmed ? 0 : track.doubts + 1;
    const isUnsure = !isConfirmed && track.last.face.score < SURE;
    track.isVisible = !isUnsure && track.doubts < DOUBTS;
  }
}
