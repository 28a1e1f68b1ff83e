/** @import { Network, Tensor } from "./types.js" */
/** @import { ModelCard } from "./model_card.js" */
/** @import { Prior } from "./priors.js" */
import { EMBEDDING, INPUT, PRIORS, PROBABILITIES } from "./model_card.js";
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
  /** @type {Record<string, Tensor>} */
  #inputs = {};

  /**
   * @param {Network} network
   * @param {ModelCard} card of the network.
   * @param {?Prior} [prior] null for what the model learned.
   * @throws {ModelError} the prior does not fit the model.
   */
  constructor(network, card, prior = null) {
    this.#network = network;
    this.card = card;
    /** The name of the prior; empty for what the model learned. */
    this.prior = "";
    if (prior !== null) this.#setPrior(prior);
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
    return this.#network.run({ [INPUT]: { type: "uint8", dims: [crops.length, ...shape], data }, ...this.#inputs });
  }

  /** @param {Prior} prior */
  #setPrior(prior) {
    const { name, shares } = resolvePrior(prior, this.card);
    const rows = this.card.sources.flatMap(() => shares);
    const dims = [this.card.sources.length, shares.length];
    this.prior = name;
    this.#inputs = { [PRIORS]: { type: "float32", dims, data: Float32Array.from(rows) } };
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
