/** @import { Adapter } from "./personalization/adapter.js" */
/** @import { Prediction } from "./classifier.js" */
/** @import { Prior } from "./priors.js" */
/** @import { Detection, Face, FaceDetector, Image, Network, Quantity, Result } from "./types.js" */
import { findWarnings } from "./advice.js";
import { Aligner } from "./alignment.js";
import { QUANTITIES, measureFace } from "./attributes/index.js";
import { Classifier } from "./classifier.js";
import { cropFace, resizeCrop } from "./crop.js";
import { ONet } from "./detection/onet.js";
import { YuNet } from "./detection/yunet.js";
import { sha256 } from "./digest.js";
import { ModelError } from "./errors.js";
import { openNetwork } from "./onnx.js";
import { openProfile } from "./personalization/profile.js";
import { toFace, toResult } from "./results.js";
import { Follower } from "./tracking/follower.js";
import { Steady } from "./tracking/smoothing.js";
import { Tracker } from "./tracking/tracker.js";

const DETECTOR = "yunet";

/**
 * One frame of a moving source, and what analyzes them one after another.
 *
 * @typedef {{image: Image, number: number, time: number, source: string}} Frame
 * @typedef {(frame: Frame, adapter?: ?Adapter) => Promise<Result>} FrameTracker another adapter restarts the
 *   smoothing; people keep their ids.
 */

/** The pipeline from an image to a result: detect, crop, measure, classify. */
export class Analyzer {
  #classifier;
  #networks;
  #detector;
  #aligner;
  #unsureBelow;
  #model;

  /**
   * @param {Object} parts
   * @param {{name: string, bytes: Uint8Array}} parts.model
   * @param {Classifier} parts.classifier of the model.
   * @param {{yunet: Network, onet: ONet}} parts.networks
   * @param {number} parts.unsureBelow the confidence, 0 to 1, below which a face is labelled "unsure".
   */
  constructor({ model, classifier, networks, unsureBelow }) {
    const { card } = classifier;
    checkOutputs(card.outputs, model.name);
    this.#model = model;
    this.#classifier = classifier;
    this.#networks = networks;
    this.#unsureBelow = unsureBelow;
    /** @type {FaceDetector} */
    this.#detector = new YuNet({ network: networks.yunet, onet: networks.onet });
    this.#aligner = card.alignment === "landmarks" ? new Aligner(networks.onet) : null;
    this.card = card;
    this.prior = classifier.prior;
    /** Everything measured of a face: the attributes, then the model's further outputs. @type {Quantity[]} */
    this.quantities = [...QUANTITIES, ...card.outputs];
  }

  /**
   * @param {Object} parts
   * @param {{name: string, bytes: Uint8Array}} parts.model an ONNX file of `mien export`.
   * @param {Network} parts.yunet of `yunet.onnx`.
   * @param {Network} parts.onet of `onet.onnx`.
   * @param {"wasm"|"webgpu"} [parts.device] that runs the model.
   * @param {number} [parts.unsureBelow]
   * @param {?Prior} [parts.prior]
   * @throws {ModelError} the file is no model, or the prior does not fit it.
   */
  static async open({ model, yunet, onet, device = "wasm", unsureBelow = 0, prior = null }) {
    const classifier = await Classifier.open(model.bytes, {
      name: model.name, prior, open: (bytes, name) => openNetwork(bytes, device, name),
    });
    return new Analyzer({ model, classifier, networks: { yunet, onet: new ONet(onet) }, unsureBelow });
  }

  /**
   * Analyzes every face in one image.
   *
   * @param {Image} image
   * @param {{source?: string, adapter?: ?Adapter}} [options]
   * @returns {Promise<Result>} the faces, from the largest; empty where no face is detected.
   */
  async analyze(image, { source = "<image>", adapter = null } = {}) {
    const { face: format } = this.card;
    const detections = await this.#detector.detect(image);
    const crops = detections.map((detection) => cropFace(image, detection.landmarks, format));
    const measured = detections.map((detection, index) => this.#measure(image, detection, crops[index]));
    const rows = await this.#classify(crops, adapter);
    const faces = detections.map((detection, index) =>
      this.#toFace({ detection, ...rows[index], attributes: { ...measured[index], ...rows[index].outputs } }));
    return this.#toResult({ image, number: 0, time: 0, source }, faces, DETECTOR, findWarnings(image, detections));
  }

  /**
   * Analyzes an image that already is one cropped face, such as FER2013's.
   *
   * @param {Image} image
   * @param {{source?: string, adapter?: ?Adapter}} [options]
   * @returns {Promise<Result>} one face: its box is the whole image, it has no score and no landmarks.
   */
  async analyzeCrop(image, { source = "<image>", adapter = null } = {}) {
    const { face: format } = this.card;
    let crops = [resizeCrop(image, format)];
    if (this.#aligner) crops = await this.#aligner.align(crops, format);
    const measured = this.#measure(image, null, crops[0]);
    const [row] = await this.#classify(crops, adapter);
    const box = { x: 0, y: 0, width: image.width, height: image.height };
    const detection = { box, score: null, landmarks: [], turned: 0 };
    const face = this.#toFace({ detection, ...row, attributes: { ...measured, ...row.outputs } });
    return this.#toResult({ image, number: 0, time: 0, source }, [face], "");
  }

  /**
   * Returns a function that analyzes a moving source, a frame a call, in their order.
   *
   * @param {{smoothing?: number}} [options] its time constant in seconds; 0 smooths nothing.
   * @returns {FrameTracker}
   */
  track({ smoothing } = {}) {
    const { yunet, onet } = this.#networks;
    const tracker = new Tracker({
      detector: YuNet.forVideo({ network: yunet, onet }), follower: new Follower(onet), format: this.card.face,
    });
    let steady = new Steady(smoothing);
    /** @type {?Adapter} */
    let previous = null;
    return async (frame, adapter = null) => {
      if (adapter !== previous) [steady, previous] = [new Steady(smoothing), adapter];
      const persons = (await tracker.update(frame)).sort((a, b) => area(b.face) - area(a.face));
      const measured = persons.map(({ face, crop }) => this.#measure(frame.image, face, crop));
      const rows = await this.#classify(persons.map(({ crop }) => crop), adapter);
      const ids = persons.map(({ person }) => person);
      const { means, held } = steady.update(ids, rows.map((row) => row.probabilities), frame.time);
      const faces = persons.map(({ person, face: detection }, index) => this.#toFace({
        detection,
        ...rows[index],
        attributes: { ...measured[index], ...rows[index].outputs },
        person,
        smoothed: means[index],
        held: held[index],
      }));
      return this.#toResult(frame, faces, DETECTOR);
    };
  }

  /** Returns how many milliseconds the networks take for a frame with a face: the median of five drawn ones. */
  async measure() {
    const image = drawFrame(), crop = resizeCrop(image, this.card.face);
    const times = [];
    for (let run = 0; run < 6; run++) {
      const start = performance.now();
      await this.#detector.detect(image);
      await this.#classifier.predict([crop]);
      times.push(performance.now() - start);
    }
    return times.slice(1).sort((a, b) => a - b)[2]; // the first one warms up
  }

  /** @param {Uint8Array} bytes of an exported profile. @returns {Promise<Adapter>} */
  async openProfile(bytes) {
    const digest = await sha256(this.#model.bytes);
    return openProfile(bytes, { digest, name: this.card.name, labels: this.card.labels });
  }
  /** @param {Image} image @param {?Detection} detection @param {Uint8Array} crop */
  #measure(image, detection, crop) {
    return measureFace({ image, detection, crop, format: this.card.face });
  }

  /** @param {Uint8Array[]} crops @param {?Adapter} adapter @returns {Promise<Row[]>} */
  async #classify(crops, adapter) {
    if (!crops.length) return [];
    const prediction = await this.#classifier.predict(crops);
    const { probabilities, embeddings, count } = prediction;
    const adapted = adapter ? adapter.adapt(probabilities, embeddings, count) : probabilities;
    const width = this.card.labels.length;
    return crops.map((_, index) => ({
      probabilities: [...adapted.subarray(index * width, (index + 1) * width)],
      outputs: this.#outputsOf(prediction, index),
    }));
  }

  /** The model's further outputs for a face; NaN is absent. @param {Prediction} prediction @param {number} index */
  #outputsOf({ outputs }, index) {
    const values = this.card.outputs.map(({ name }, at) => /** @type {const} */ ([name, outputs[at][index]]));
    return Object.fromEntries(values.filter(([, value]) => Number.isFinite(value)));
  }

  /** @param {Omit<Parameters<typeof toFace>[0], "labels"|"unsureBelow">} face */
  #toFace(face) {
    return toFace({ ...face, labels: this.card.labels, unsureBelow: this.#unsureBelow });
  }

  /** @param {Frame} frame @param {Face[]} faces @param {string} detector @param {string[]} [warnings] */
  #toResult({ image: { width, height }, number, time, source }, faces, detector, warnings) {
    return toResult({ source, frame: number, time, width, height, prior: this.prior, detector, warnings, faces });
  }
}

/** @typedef {{probabilities: number[], outputs: Record<string, number>}} Row of one face. */

/** @returns {Image} a gradient, of a camera's size. */
function drawFrame() {
  const width = 640, height = 360;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => at % 251);
  return { width, height, channels: 3, data };
}

/** @param {Detection} face */
function area({ box }) {
  return box.width * box.height;
}

/** @param {Quantity[]} outputs @param {string} model */
function checkOutputs(outputs, model) {
  const twice = outputs.find(({ name }) => QUANTITIES.some((quantity) => quantity.name === name));
  if (!twice) return;
  const reason = `its output '${twice.name}' has the name of an attribute`;
  throw new ModelError(reason, { subject: model, remedy: "rename the output" });
}
