import { cropFace, fitLandmarks } from "./crop.js";
import { ONET_SIDE } from "./detection/onet.js";
import { resize } from "./imaging/resize.js";

/**
 * Aligns cropped faces: rotates and shifts their landmarks to FER2013's mean positions.
 *
 * Faces detected in photos and videos do not need this: `cropFace` aligns them. Images that already are cropped
 * are tilted and off the center.
 *
 * @import { FaceFormat, Image, Point } from "./types.js"
 * @import { ONet } from "./detection/onet.js"
 * @import { Transform } from "./crop.js"
 */

const MIN_SCORE = Math.fround(0.85);
const MAX_TURN = (40 * Math.PI) / 180;
const MAX_SCALE = 1.5;
const ENLARGED = 2; // times: bilinear sampling of the original 48 pixels blurs a tenth more

/**
 * Aligns faces by the landmarks that O-Net finds on them.
 *
 * O-Net runs on the whole face and its mirror image, then again on the face aligned by the first pass: its
 * error is smallest on an upright, centered face.
 */
export class Aligner {
  #onet;

  /** @param {ONet} onet */
  constructor(onet) {
    this.#onet = onet;
  }

  /**
   * Aligns each face with reliable landmarks; every other face stays unchanged.
   *
   * Landmarks are reliable where O-Net's last pass scores 0.85 or more, and the alignment rotates by 40 degrees
   * at most and scales by 2/3 to 3/2: beyond that, most are profiles, hands and drawings.
   *
   * @param {readonly Uint8Array[]} crops of the format.
   * @param {FaceFormat} format
   * @returns {Promise<Uint8Array[]>}
   */
  async align(crops, format) {
    const found = await this.findLandmarks(crops, format);
    return found.map(({ landmarks, score }, i) => {
      const reliable = score >= MIN_SCORE && isPlausible(fitLandmarks(landmarks, format.side));
      return reliable ? cropEnlarged(toImage(crops[i], format), landmarks, format) : crops[i];
    });
  }

  /**
   * Predicts the landmarks of each face, reliable or not.
   *
   * @param {readonly Uint8Array[]} crops of the format.
   * @param {FaceFormat} format
   * @returns {Promise<{landmarks: Point[], score: number}[]>} landmarks in pixels, and O-Net's scores of the last
   *   pass.
   */
  async findLandmarks(crops, format) {
    const images = crops.map((crop) => toImage(crop, format));
    const first = await this.#predict(images);
    const upright = images.map((image, i) => toImage(cropFace(image, first[i].landmarks, format), format));
    const second = await this.#predict(upright);
    return second.map(({ landmarks, score }, i) => {
      const transform = fitLandmarks(first[i].landmarks, format.side);
      return { landmarks: landmarks.map((point) => undo(transform, point)), score };
    });
  }

  /**
   * Predicts in one pass over each face and its mirror image.
   *
   * @param {Image[]} faces square.
   * @returns {Promise<{landmarks: Point[], score: number}[]>}
   */
  async #predict(faces) {
    const judged = await this.#onet.judgeMirrored(faces.map(toCut));
    return judged.map(({ landmarks, score }, i) => ({
      landmarks: landmarks.map(([x, y]) => [x * faces[i].width, y * faces[i].width]),
      score,
    }));
  }
}

/**
 * Maps a point of a crop back to the face that it was cropped from.
 *
 * @param {Transform} transform
 * @param {Point} point
 * @returns {Point}
 */
function undo({ turn, shift }, [x, y]) {
  return [turn[0] * x - turn[1] * y + shift[0], turn[0] * y + turn[1] * x + shift[1]];
}

/** @param {Transform} transform @returns {boolean} */
function isPlausible({ turn }) {
  const scale = Math.hypot(...turn);
  return Math.abs(Math.atan2(turn[1], turn[0])) <= MAX_TURN && scale >= 1 / MAX_SCALE && scale <= MAX_SCALE;
}

/** @param {Image} face @param {Point[]} landmarks @param {FaceFormat} format @returns {Uint8Array} */
function cropEnlarged(face, landmarks, format) {
  const side = face.width * ENLARGED;
  const large = resize(face, side, side, "bicubic");
  return cropFace(large, landmarks.map(([x, y]) => [x * ENLARGED, y * ENLARGED]), format);
}

/** @param {Image} face @returns {Uint8Array} the input of O-Net, 48 × 48 × 3. */
function toCut(face) {
  if (face.width === ONET_SIDE) return /** @type {Uint8Array} */ (face.data);
  return /** @type {Uint8Array} */ (resize(face, ONET_SIDE, ONET_SIDE, "bilinear").data);
}

/** @param {Uint8Array} crop @param {FaceFormat} format @returns {Image} RGB. */
function toImage(crop, { side, color }) {
  if (color === "rgb") return { width: side, height: side, channels: 3, data: crop };
  const data = new Uint8Array(crop.length * 3);
  for (let i = 0; i < crop.length; i++) data.fill(crop[i], 3 * i, 3 * i + 3);
  return { width: side, height: side, channels: 3, data };
}
