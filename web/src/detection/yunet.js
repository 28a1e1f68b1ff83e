import { resize } from "../imaging/resize.js";
import { roundHalfEven } from "../imaging/rounding.js";
import { turn } from "../imaging/turn.js";
import { suppress } from "./boxes.js";
import { toDetection, turnedBack } from "./detection.js";
import { cutSquare, ONET_SIDE, wholeSquare } from "./onet.js";

/**
 * Detects faces with YuNet, a network of 53,000 weights, and confirms them with O-Net.
 *
 * Method: W. Wu, H. Peng, S. Yu, "YuNet: a tiny millisecond-level face detector", Machine Intelligence
 * Research 20, 2023. Each cell of three grids says whether a face lies there, and where its edges are. YuNet
 * tells faces by their surroundings, O-Net by their features; it finds the landmarks. The score is a mean of
 * both.
 *
 * @import { Detection, Image, Network, Point, Tensor } from "../types.js"
 * @import { Edges } from "./boxes.js"
 * @import { ONet } from "./onet.js"
 *
 * @typedef {{edges: Edges, score: number}} Proposal YuNet's.
 *
 * @typedef {Object} Candidate
 * @property {number} likely YuNet's score.
 * @property {Edges} window that O-Net was shown, in whole pixels.
 * @property {Uint8Array} cut what the window shows.
 * @property {Edges} proposed YuNet's box.
 * @property {Edges} edges O-Net's box, or YuNet's where O-Net does not confirm it.
 * @property {Point[]} landmarks
 * @property {number} confirmed O-Net's score.
 * @property {number} quarters by how many O-Net had to be shown it turned.
 */

const { fround } = Math;

const GRIDS = [["s8", 8], ["s16", 16], ["s32", 32]]; // outputs, and their cells' sides in pixels
const MULTIPLE = 32; // the sides of the network's input
const MAX_ENLARGED = 2, SMALL = 400; // how much, up to which side, a small image is enlarged
const OVERLAP = 0.4; // above which two boxes are one face
const CANDIDATE = 0.3; // YuNet's score below which O-Net is not asked
const BOXED = fround(0.95); // O-Net's score from which its box is taken: those of followed faces are O-Net's too
const SHARE = fround(0.4), OTHER_SHARE = fround(0.6); // YuNet's and O-Net's in the score
const CLEAR = fround(0.9); // YuNet's score that needs no other
const PLAUSIBLE = fround(0.4); // the score of what O-Net looks at again
const COARSE = 100_000; // pixels of a turned image
const TURNED = 0.9; // the score of a face in it
// O-Net's and YuNet's score of what may be a turned face, and by how much O-Net's must grow: it is sure by
// 0.96 of an upside-down face that smiles, and by 0.999 once that is upright.
const DOUBTED = fround(0.98), TURNABLE = fround(0.6), SURER = fround(0.02);
const MAX_LOG_SIZE = 9; // no face is e⁹ cells wide; keeps garbage from overflowing

/** Detects faces and their landmarks. */
export class YuNet {
  #network;
  #onet;
  #pixels;
  #threshold;
  #turns;

  /**
   * @param {Object} parts
   * @param {Network} parts.network of `yunet.onnx`.
   * @param {ONet} parts.onet
   * @param {number} [parts.pixels] of the network's input; a larger image is shrunk to it. Faces under about
   *   10 pixels there are lost.
   * @param {number} [parts.threshold] the minimum score, 0 to 1.
   * @param {boolean} [parts.turns] whether a candidate that O-Net does not confirm is also shown to it turned
   *   by a quarter, a half and three quarters, and an image without faces searched so again.
   * @throws {RangeError} where `pixels` are fewer than the network takes.
   */
  constructor({ network, onet, pixels = 240_000, threshold = 0.6, turns = true }) {
    if (!(pixels >= MULTIPLE ** 2)) throw new RangeError(`pixels must be ${MULTIPLE ** 2} or more, got ${pixels}`);
    this.#network = network;
    this.#onet = onet;
    this.#pixels = pixels;
    this.#threshold = fround(threshold);
    this.#turns = turns;
  }

  /**
   * Opens the detector for videos and cameras, where faces that are turned on their side are not worth the time.
   *
   * @param {{network: Network, onet: ONet}} parts
   * @returns {YuNet}
   */
  static forVideo({ network, onet }) {
    return new YuNet({ network, onet, turns: false });
  }

  /**
   * Detects the faces of one image.
   *
   * @param {Image} image
   * @returns {Promise<Detection[]>} from the largest to the smallest. A box is inside the image; landmarks may
   *   lie outside it where the face does.
   */
  async detect(image) {
    let faces = await this.#search(shrink(image, this.#pixels), image.width, image.height, () => image);
    if (!faces.length && this.#turns) faces = await this.#searchTurned(image);
    return faces.sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
  }

  /**
   * Finds where faces may lie.
   *
   * @param {Image} image of at most as many pixels as the network takes.
   * @returns {Promise<Proposal[]>} by descending score, in pixels of the image.
   */
  async propose(image) {
    const found = await this.#network.run({ image: pad(image) });
    const proposals = GRIDS.flatMap(([name, stride]) => decode(found[name], Number(stride)));
    const kept = suppress(proposals.map(({ edges }) => edges), proposals.map(({ score }) => score), OVERLAP);
    return kept.map((i) => proposals[i]);
  }

  /**
   * Searches the image turned by each quarter; returns the faces of the best turn.
   *
   * @param {Image} image
   * @returns {Promise<Detection[]>}
   */
  async #searchTurned(image) {
    const { width, height } = image, coarse = shrink(image, Math.min(this.#pixels, COARSE));
    /** @type {Detection[]} */
    let best = [];
    for (const quarters of [1, 2, 3]) {
      const [across, down] = quarters % 2 ? [height, width] : [width, height];
      const found = await this.#search(turn(coarse, quarters), across, down, () => turn(image, quarters));
      const faces = found.filter(({ score, turned }) => score >= TURNED && !turned);
      if (sumOfScores(faces) > sumOfScores(best)) {
        best = faces.map((face) => turnedBack(face, quarters, width, height));
      }
    }
    return best;
  }

  /**
   * Finds candidates in a small copy of an image, and confirms them in the image.
   *
   * @param {Image} small
   * @param {number} width of the image.
   * @param {number} height
   * @param {() => Image} open returns the image, which is only needed where there are candidates.
   * @returns {Promise<Detection[]>}
   */
  async #search(small, width, height, open) {
    const proposals = await this.propose(small);
    if (!proposals.length) return [];
    const across = fround(width / small.width), down = fround(height / small.height);
    const candidates = await this.#confirm(open(), proposals, across, down);
    if (this.#turns) await this.#turn(candidates);
    const faces = candidates
      .map((candidate) => ({
        ...candidate,
        edges: clip(candidate.edges, width, height),
        score: meanScore(candidate),
      }))
      .filter(({ score, edges }) => score >= this.#threshold && shorterSide(edges) >= 1);
    // O-Net may unite two candidates.
    const kept = suppress(faces.map(({ edges }) => edges), faces.map(({ score }) => score), OVERLAP);
    return kept.map((i) => toDetection(faces[i].edges, faces[i].score, faces[i].landmarks, 90 * faces[i].quarters));
  }

  /**
   * Shows O-Net the proposals, then once more the boxes it gave of all that may be faces.
   *
   * What is no face looks like one in few windows, so the mean of both looks counts. Landmarks from there
   * hardly depend on the window before.
   *
   * @param {Image} image
   * @param {Proposal[]} proposals
   * @param {number} across pixels of the image to one of the proposals.
   * @param {number} down
   * @returns {Promise<Candidate[]>}
   */
  async #confirm(image, proposals, across, down) {
    const boxes = proposals.map(({ edges }) => scale(edges, across, down));
    const windows = boxes.map(windowOf), cuts = windows.map((window) => cutSquare(image, window));
    const found = await this.#onet.confirm(cuts, windows);
    /** @type {Candidate[]} */
    const candidates = found.map(({ edges, landmarks, score }, i) => ({
      likely: proposals[i].score, window: windows[i], cut: cuts[i], proposed: boxes[i],
      edges, landmarks, confirmed: score, quarters: 0,
    }));
    const again = candidates.filter((candidate) => meanScore(candidate) >= PLAUSIBLE);
    const closer = again.map(({ edges }) => windowOf(edges));
    const seen = await this.#onet.confirm(closer.map((window) => cutSquare(image, window)), closer);
    seen.forEach(({ edges, landmarks, score }, i) => {
      const confirmed = fround(fround(again[i].confirmed + score) / 2);
      Object.assign(again[i], { edges, landmarks, confirmed });
    });
    return candidates.map((face) => (face.confirmed >= BOXED ? face : { ...face, edges: face.proposed }));
  }

  /**
   * Asks O-Net, which knows upright faces alone, of the doubted candidates' cuts when turned; changes landmarks,
   * scores and quarters of those that it confirms then.
   *
   * @param {Candidate[]} candidates
   */
  async #turn(candidates) {
    const doubted = candidates.filter(({ confirmed, likely }) => confirmed < DOUBTED && likely >= TURNABLE);
    /** @type {Edges[]} */
    const local = doubted.map(({ window: [left, , right] }) => [0, 0, right - left, right - left]);
    for (const quarters of [1, 2, 3]) {
      const upright = doubted.map(({ cut }) => turnCut(cut, quarters));
      const found = await this.#onet.confirm(upright, local);
      found.forEach(({ landmarks, score }, i) => {
        const candidate = doubted[i];
        if (!(score >= fround(TURNED) && score > fround(candidate.confirmed + SURER))) return;
        candidate.landmarks = landmarks.map((point) => turnPoint(point, quarters, candidate.window));
        Object.assign(candidate, { confirmed: score, quarters });
      });
    }
  }
}

/**
 * Returns an image with no more pixels than asked for, a small one enlarged.
 *
 * @param {Image} image
 * @param {number} pixels
 * @returns {Image}
 */
export function shrink(image, pixels) {
  const { width, height } = image;
  let scale = Math.sqrt(pixels / (height * width));
  if (scale >= 1) scale = Math.min(Math.max(SMALL / Math.max(height, width), 1), MAX_ENLARGED, scale);
  const newWidth = Math.max(roundHalfEven(width * scale), 1), newHeight = Math.max(roundHalfEven(height * scale), 1);
  if (newWidth === width && newHeight === height) return image;
  if (scale < 1) return resize(image, newWidth, newHeight, "hamming", 2);
  return resize(image, newWidth, newHeight, "bilinear");
}

/**
 * Fills the grids with black to the right and below.
 *
 * @param {Image} image
 * @returns {Tensor} (1, H, W, 3).
 */
function pad({ width, height, channels, data }) {
  const across = Math.ceil(width / MULTIPLE) * MULTIPLE, down = Math.ceil(height / MULTIPLE) * MULTIPLE;
  const padded = new Uint8Array(down * across * 3);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * channels, (y + 1) * width * channels);
    if (channels === 3) padded.set(row, y * across * 3);
    else copyColor(row, padded.subarray(y * across * 3));
  }
  return { type: "uint8", dims: [1, down, across, 3], data: padded };
}

/** @param {Uint8Array|Uint8ClampedArray} row RGBA. @param {Uint8Array} to RGB. */
function copyColor(row, to) {
  for (let from = 0, at = 0; from < row.length; from += 4, at += 3) {
    to[at] = row[from];
    to[at + 1] = row[from + 1];
    to[at + 2] = row[from + 2];
  }
}

/**
 * Converts the cells where a face may lie to boxes.
 *
 * @param {Tensor} grid (1, 16, h, w): logits of a face's presence twice, as learned for sharpness of fit and for
 *   location; then its center's offset, the logarithm of its size, in cells; landmarks, which O-Net's replace.
 * @param {number} stride a cell's side, in pixels.
 * @returns {Proposal[]}
 */
function decode({ data, dims }, stride) {
  const width = dims[3], cells = dims[2] * width, least = fround(CANDIDATE ** 2);
  /** @type {Proposal[]} */
  const proposals = [];
  for (let cell = 0; cell < cells; cell++) {
    const odds = fround(1 / fround(oneAndExp(data[cell]) * oneAndExp(data[cells + cell])));
    if (!(odds >= least)) continue;
    const x = data[2 * cells + cell] + (cell % width), y = data[3 * cells + cell] + Math.floor(cell / width);
    const across = halfSize(data[4 * cells + cell]), down = halfSize(data[5 * cells + cell]);
    proposals.push({
      edges: [
        fround((x - across) * stride),
        fround((y - down) * stride),
        fround((x + across) * stride),
        fround((y + down) * stride),
      ],
      score: fround(Math.sqrt(odds)),
    });
  }
  return proposals;
}

/** @param {number} logit @returns {number} the inverse of its probability. */
function oneAndExp(logit) {
  return fround(1 + fround(Math.exp(-logit)));
}

/** @param {number} logarithm @returns {number} in cells. */
function halfSize(logarithm) {
  return fround(fround(Math.exp(Math.min(logarithm, MAX_LOG_SIZE))) / 2);
}

/** @param {Candidate} candidate @returns {number} its score, from those of YuNet and of O-Net. */
function meanScore({ likely, confirmed }) {
  const score = fround(fround(SHARE * likely) + fround(OTHER_SHARE * confirmed));
  return likely >= CLEAR ? Math.max(score, likely) : score;
}

/** @param {Edges} box @returns {Edges} */
function windowOf([left, top, right, bottom]) {
  return wholeSquare((left + right) / 2, (top + bottom) / 2, Math.max(right - left, bottom - top));
}

/** @param {Edges} box @param {number} across @param {number} down @returns {Edges} */
function scale([left, top, right, bottom], across, down) {
  return [fround(left * across), fround(top * down), fround(right * across), fround(bottom * down)];
}

/** @param {Edges} box @param {number} width @param {number} height @returns {Edges} its part in the image. */
function clip([left, top, right, bottom], width, height) {
  /** @param {number} value @param {number} length */
  const within = (value, length) => Math.min(Math.max(value, 0), length);
  return [within(left, width), within(top, height), within(right, width), within(bottom, height)];
}

/** @param {Edges} box @returns {number} */
function shorterSide([left, top, right, bottom]) {
  return Math.min(fround(right - left), fround(bottom - top));
}

/** @param {Detection[]} faces @returns {number} */
function sumOfScores(faces) {
  return faces.reduce((sum, { score }) => sum + score, 0);
}

/** @param {Uint8Array} cut @param {number} quarters @returns {Uint8Array} */
function turnCut(cut, quarters) {
  const image = { width: ONET_SIDE, height: ONET_SIDE, channels: /** @type {3} */ (3), data: cut };
  return /** @type {Uint8Array} */ (turn(image, quarters).data);
}

/**
 * Returns a point of a window's turned cut as it lies in the image.
 *
 * @param {Point} point in pixels of the window.
 * @param {number} quarters 1 to 3.
 * @param {Edges} window
 * @returns {Point}
 */
function turnPoint([x, y], quarters, [left, top, right]) {
  const side = right - left;
  const [across, down] = [[side - y, x], [side - x, side - y], [y, side - x]][quarters - 1];
  return [fround(left + fround(across)), fround(top + fround(down))];
}
