import { cropFace, faceSquare } from "../crop.js";
import { toGray } from "../imaging/gray.js";
import { resizeFloats } from "../imaging/resize.js";
import { smoothingWeight } from "./smoothing.js";

/** @import { Detection, FaceFormat, Image, Point } from "../types.js" */

const VELOCITY_CONSTANT = 0.1; // seconds over which a velocity is averaged, because landmarks jitter
const COASTING = 0.5; // seconds after which a face out of view has probably stopped

/** The position and velocity of one face. */
class Motion {
  /** @type {Point} pixels a second. */
  #velocity = [0, 0];

  /** @param {Point} place in pixels. @param {number} time in seconds. */
  constructor(place, time) {
    this.place = place;
    this.time = time;
  }

  /** The position at a time; the face slows down while it is out of view. @param {number} time @returns {Point} */
  predict(time) {
    const way = COASTING * (1 - Math.exp(-this.#since(time) / COASTING));
    return [this.place[0] + this.#velocity[0] * way, this.place[1] + this.#velocity[1] * way];
  }

  /** @param {Point} place @param {number} time @param {boolean} isReliable whether to update the velocity too. */
  move(place, time, isReliable) {
    const elapsed = this.#since(time);
    if (isReliable && elapsed > 0) {
      const weight = smoothingWeight(elapsed, VELOCITY_CONSTANT);
      this.#velocity = /** @type {Point} */ (this.#velocity.map((velocity, i) =>
        velocity + weight * ((place[i] - this.place[i]) / elapsed - velocity)));
    }
    [this.place, this.time] = [place, time];
  }

  /** @param {number} time */
  #since(time) {
    return Math.max(time - this.time, 0);
  }
}

const SIDE = 16; // of the images that are compared; a third of the crop's, which blurs small errors

/**
 * Returns a face's appearance: its crop at 16 × 16, minus its mean, at unit length. The product of two is the
 * correlation of the two images.
 *
 * @param {Uint8Array} crop
 * @param {FaceFormat} format
 * @returns {Float32Array} of 256; zeros where the crop is uniform.
 */
export function cueOf(crop, { side, color }) {
  const gray = color === "gray" ? crop : toGray({ width: side, height: side, channels: 3, data: crop });
  const small = resizeFloats(gray, side, side, SIDE, SIDE, "box");
  const mean = small.reduce((sum, value) => sum + value, 0) / small.length;
  return unit(small.map((value) => value - mean));
}

/** Scales a vector to unit length; one close to zero stays. @param {Float32Array} values */
function unit(values) {
  const length = Math.sqrt(dot(values, values));
  return length > 1e-3 ? values.map((value) => value / length) : values;
}

/** @param {Float32Array} a @param {Float32Array} b */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const APPEARANCE_CONSTANT = 1; // time constant, in seconds, of the appearance of a track
const CROWDED = 0.9; // of the larger side: closer than this, one face may occlude another
const SAME_PLACE = 0.35; // of the larger side: closer than this, two detections are one face
const GROWTH = 2; // maximum change of size when a face reappears
const MIN_CORRELATION = 0.35; // minimum correlation of a face at its expected position
const FAR_CORRELATION = 0.25; // added to the minimum two sides away, or farther
const LATE_CORRELATION = 0.15; // added to the minimum after the longest gap

/** A face detected in a frame, not yet assigned to a person. */
export class Sighting {
  /**
   * @param {Image} image
   * @param {Detection} face
   * @param {FaceFormat} format of the crop.
   */
  constructor(image, face, format) {
    const { x, y, side } = faceSquare(face.landmarks);
    this.face = face;
    /** The centre of the square that it fills. @type {Point} */
    this.middle = [x, y];
    this.side = side;
    this.crop = cropFace(image, face.landmarks, format);
    this.cue = cueOf(this.crop, format);
  }

  /** Tells whether two detections of one frame are one face. @param {Sighting} other */
  isSame(other) {
    return this.#isNear(other, SAME_PLACE);
  }

  /** Tells whether one face is so close to the other that it may occlude it. @param {Sighting} other */
  mayOcclude(other) {
    return this.#isNear(other, CROWDED);
  }

  /** @param {Sighting} other @param {number} sides of the larger face. */
  #isNear(other, sides) {
    return distance(this.middle, other.middle) < sides * Math.max(this.side, other.side);
  }
}

/** One person, while in view and for a while after. */
export class Track {
  isVisible = true;
  doubts = 0;
  #appearance;
  #motion;

  /**
   * @param {number} person the id, from 1.
   * @param {Sighting} sighting the first detection.
   * @param {number} time of it, in seconds.
   */
  constructor(person, sighting, time) {
    this.person = person;
    this.last = sighting;
    this.#appearance = sighting.cue;
    this.#motion = new Motion(sighting.middle, time);
  }

  /** Time of the last detection, in seconds. */
  get lastTime() {
    return this.#motion.time;
  }

  /** The landmarks expected at a time. @param {number} time @returns {Point[]} */
  expected(time) {
    const [x, y] = this.#motion.predict(time), { middle, face } = this.last;
    return face.landmarks.map(([a, b]) => [a + x - middle[0], b + y - middle[1]]);
  }

  /**
   * Tells whether another person is so close that one may occlude the other.
   *
   * @param {readonly Track[]} others
   * @param {number} time
   */
  isCrowded(others, time) {
    const here = this.#motion.predict(time);
    return others.some((other) => other !== this
      && distance(other.#motion.predict(time), here) < CROWDED * Math.max(this.last.side, other.last.side));
  }

  /**
   * Adds a detection of the person.
   *
   * @param {Sighting} sighting
   * @param {number} time the frame's, in seconds.
   * @param {boolean} isReliable whether to update velocity and appearance too.
   */
  update(sighting, time, isReliable) {
    if (isReliable) {
      const weight = smoothingWeight(Math.max(time - this.lastTime, 0), APPEARANCE_CONSTANT);
      this.#appearance = unit(this.#appearance.map((value, i) => value + weight * (sighting.cue[i] - value)));
    }
    this.#motion.move(sighting.middle, time, isReliable);
    this.last = sighting;
    this.isVisible = true;
  }

  /**
   * Returns the cost of assigning a face to this person. The farther from the expected position and the longer
   * after the last detection, the higher the correlation must be; sizes must match within a factor of two.
   *
   * @param {Sighting} sighting
   * @param {number} time of its frame, in seconds.
   * @param {number} gap the longest time out of view, in seconds.
   * @returns {?number} lower for a better fit; null where it cannot be this person.
   */
  cost(sighting, time, gap) {
    const way = distance(this.#motion.predict(time), sighting.middle) / this.last.side;
    const far = Math.min(way / 2, 1), late = Math.min(Math.max(time - this.lastTime, 0) / gap, 1);
    const correlation = dot(this.#appearance, sighting.cue), grown = sighting.side / this.last.side;
    const isLike = grown > 1 / GROWTH && grown < GROWTH
      && correlation >= MIN_CORRELATION + FAR_CORRELATION * far + LATE_CORRELATION * late;
    return isLike ? 1 - correlation + far : null;
  }
}

/** @param {Point} a @param {Point} b */
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
