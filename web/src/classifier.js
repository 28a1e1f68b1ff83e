/** @import { Network, Tensor } from "./types.js" */
/** @import { ModelCard } from "./model_card.js" */
/** @import { Prior } from "./priors.js" */
/** @import { ModelError } from "./errors.js" */
import { EMBEDDING, INPUT, PROBABILITIES, readModelCard, replacePriors } from "./model_card.js";
import { openNetwork } from "./onnx.js";
import { resolvePrior } from "./priors.js";

const BATCH = 256; // faces per call of the network; bounds memory

/**
 * The outputs of a model for `count` faces, row by row.
 *
 * @typedef {Object} Prediction
 * @property {number} count
 * @property {Float32Array} probabilities count × labels; each row sums to 1.
 * @property {Float32Array} embeddings count × D, the whitened features before the last layer.
 * @property {Float32Array[]} outputs count values of each further output of the card.
 */

/** Classifies the expression on cropped faces. */
export class Classifier {
  #network;

  /**
   * @param {Network} network
   * @param {ModelCard} card of the network.
   * @param {string} [prior] the name of the network's prior; empty for what the model learned.
   */
  constructor(network, card, prior = "") {
    this.#network = network;
    this.card = card;
    this.prior = prior;
  }

  /**
   * Opens a model file.
   *
   * @param {Uint8Array} bytes
   * @param {Object} options
   * @param {string} options.name of the file, for errors.
   * @param {?Prior} [options.prior] null for what the model learned.
   * @param {(bytes: Uint8Array, name: string) => Promise<Network>} [options.open]
   * @returns {Promise<Classifier>}
   * @throws {ModelError} the file is no model, or the prior does not fit it.
   */
  static async open(bytes, { name, prior = null, open = (file) => openNetwork(file, "wasm", name) }) {
    const card = readModelCard(bytes, name);
    if (prior === null) return new Classifier(await open(bytes, name), card);
    const { name: given, shares } = resolvePrior(prior, card);
    return new Classifier(await open(replacePriors(bytes, shares), name), card, given);
  }

  /**
   * Classifies faces, all in one call of the network up to 256.
   *
   * @param {Uint8Array[]} crops each in the format of the card.
   * @returns {Promise<Prediction>}
   */
  async predict(crops) {
    /** @type {Record<string, Tensor>[]} */
    const batches = [];
    for (let start = 0; start < crops.length; start += BATCH) {
      batches.push(await this.#run(crops.slice(start, start + BATCH)));
    }
    /** @param {string} name */
    const column = (name) => join(batches.map((batch) => /** @type {Float32Array} */ (batch[name].data)));
    return {
      count: crops.length,
      probabilities: column(PROBABILITIES),
      embeddings: column(EMBEDDING),
      outputs: this.card.outputs.map((output) => column(output.name)),
    };
  }

  /** @param {Uint8Array[]} crops */
  #run(crops) {
    const { side, color } = this.card.face;
    const shape = color === "gray" ? [side, side] : [side, side, 3];
    const size = shape.reduce((product, length) => product * length);
    const data = new Uint8Array(crops.length * size);
    crops.forEach((crop, index) => data.set(crop, index * size));
    return this.#network.run({ [INPUT]: { type: "uint8", dims: [crops.length, ...shape], data } });
  }
}

/** @param {Float32Array[]} parts */
function join(parts) {
  if (parts.length === 1) return parts[0];
  const joined = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
