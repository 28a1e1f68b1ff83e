import { faceSquare } from "../crop.js";
import { regress } from "../detection/boxes.js";
import { toDetection } from "../detection/detection.js";
import { cutSquare, wholeSquare } from "../detection/onet.js";

/**
 * @import { Detection, Image, Point } from "../types.js"
 * @import { Edges } from "../detection/boxes.js"
 * @import { Judgement, ONet } from "../detection/onet.js"
 */

const GROWTH = 1.5; // maximum change of a face's size between two frames

const { fround } = Math;

/** Follows faces from frame to frame, each near its previous position, by O-Net alone. */
export class Follower {
  #onet;
  #minScore;

  /**
   * @param {ONet} onet
   * @param {number} [minScore] O-Net's score, 0 to 1, below which a face is lost. Lower than the detector's
   *   threshold for a new face, so that a face that turns away is not lost at once.
   */
  constructor(onet, minScore = 0.6) {
    this.#onet = onet;
    this.#minScore = minScore;
  }

  /**
   * Detects each face near its expected position, all in one batch.
   *
   * @param {Image} image
   * @param {readonly (readonly Point[])[]} places the landmarks where each face is expected, in pixels; within a
   *   third of the face's size.
   * @returns {Promise<(?Detection)[]>} the face at each place; null where there is none.
   */
  async follow(image, places) {
    const squares = places.map((landmarks) => faceSquare(landmarks));
    const windows = squares.map(({ x, y, side }) => wholeSquare(x, y, side));
    const judged = await this.#onet.judge(windows.map((window) => cutSquare(image, window)));
    return judged.map((judgement, i) => {
      const face = place(judgement, windows[i], image);
      return face.score >= this.#minScore && isLike(face, squares[i].side) ? face : null;
    });
  }
}

/**
 * Returns what O-Net saw in a window as it lies in the image.
 *
 * @param {Judgement} judgement
 * @param {Edges} window
 * @param {Image} image
 * @returns {Detection}
 */
function place({ offsets, landmarks, score }, window, { width, height }) {
  const [left, top, right, bottom] = window, edges = regress(window, offsets);
  const limits = [width, height, width, height];
  const inside = /** @type {[number, number, number, number]} */ (
    edges.map((edge, i) => Math.min(Math.max(edge, 0), limits[i])));
  /** @type {Point[]} */
  const points = landmarks.map(([x, y]) => [
    fround(left + fround((right - left) * x)), fround(top + fround((bottom - top) * y)),
  ]);
  return toDetection(inside, score, points);
}

/** @param {Detection} face @param {number} side of the face before, in pixels. */
function isLike(face, side) {
  const now = faceSquare(face.landmarks).side;
  return Math.min(face.box.width, face.box.height) >= 1 && side / GROWTH < now && now < side * GROWTH;
}
