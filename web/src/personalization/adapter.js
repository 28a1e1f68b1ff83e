import { ProfileError } from "../errors.js";
import { inverse } from "./matrix.js";

/**
 * The adapter of one user: kernel logistic regression on a model's logits, a port of
 * `mien.personalization.adapter`, which says how its numbers were chosen.
 */

const SIMILARITY_VARIANCE = 24; // in squared logits
const CONFUSION_VARIANCE = 3.5;
const SAMPLES_PER_DIMENSION = 0.08;
const MIN_PROBABILITY = 1e-6; // so that every logarithm is finite
const ITERATIONS = 30;

/**
 * A user's corrected faces, of a model with L labels and embeddings of D numbers.
 *
 * @typedef {Object} Sample
 * @property {Float32Array} embedding of D numbers.
 * @property {Float32Array} probabilities of the model, L numbers.
 * @property {number} label the user's, an index into the labels.
 */

/** Adapts a model's probabilities to one user, by what was learned from n corrected faces. */
export class Adapter {
  #units;
  #roots;
  #coefficients;
  #generalizes;

  /**
   * @param {readonly Float64Array[]} units the samples' embeddings, scaled to length 1.
   * @param {readonly Float64Array[]} roots the square roots of the model's probabilities for them.
   * @param {readonly Float64Array[]} coefficients how far each sample changes the logits of a face with which
   *   its covariance is 1.
   * @param {boolean} generalizes whether the corrections apply to all faces, or to similar ones only.
   */
  constructor(units, roots, coefficients, generalizes) {
    this.#units = units;
    this.#roots = roots;
    this.#coefficients = coefficients;
    this.#generalizes = generalizes;
  }

  /**
   * Learns from all of a user's samples at once: maximum a posteriori. Each step solves the problem with the
   * log-likelihood's curvature replaced by its bound of 1/2, which needs one inverse for all steps and never
   * overshoots (Böhning 1992, Multinomial logistic regression algorithm).
   *
   * @param {readonly Sample[]} samples
   * @param {boolean} generalizes
   * @returns {Adapter}
   */
  static learn(samples, generalizes) {
    const units = samples.map(({ embedding }) => normalize(embedding));
    const roots = samples.map(({ probabilities }) => Float64Array.from(probabilities, Math.sqrt));
    const covariance = units.map((unit, i) => covary(unit, roots[i], units, roots, generalizes));
    const offsets = samples.map(({ probabilities }) => toLogits(probabilities));
    const labels = samples.map(({ label }) => label);
    return new Adapter(units, roots, fit(covariance, offsets, labels), generalizes);
  }

  /**
   * Returns the user's probabilities.
   *
   * @param {Float32Array} probabilities of the model, count × L.
   * @param {Float32Array} embeddings of the model, count × D.
   * @param {number} count of the faces.
   * @returns {Float32Array} count × L; each face's sum to 1.
   * @throws {ProfileError} the arrays are not of the model that the adapter was learned with.
   */
  adapt(probabilities, embeddings, count) {
    this.#check(embeddings.length, count);
    const adapted = new Float32Array(probabilities.length);
    const labels = probabilities.length / count, dimensions = embeddings.length / count;
    for (let face = 0; face < count; face++) {
      const row = probabilities.subarray(face * labels, (face + 1) * labels);
      const unit = normalize(embeddings.subarray(face * dimensions, (face + 1) * dimensions));
      adapted.set(this.#adaptOne(row, unit), face * labels);
    }
    return adapted;
  }

  /** @param {number} length of the embeddings together. @param {number} count of the faces. */
  #check(length, count) {
    const known = this.#units[0]?.length;
    if (known === undefined || length === count * known) return;
    throw new ProfileError(`the profile was taught with embeddings of ${known} numbers a face, not ${length / count}`, {
      remedy: "use it with the model that it was taught with",
    });
  }

  /** @param {Float32Array} probabilities @param {Float64Array} unit */
  #adaptOne(probabilities, unit) {
    const root = Float64Array.from(probabilities, Math.sqrt);
    const covariance = covary(unit, root, this.#units, this.#roots, this.#generalizes);
    const logits = toLogits(probabilities);
    covariance.forEach((value, sample) => {
      const coefficients = this.#coefficients[sample];
      for (let label = 0; label < logits.length; label++) logits[label] += value * coefficients[label];
    });
    return softmax(logits);
  }
}

/**
 * Returns the covariance of a face with each sample, in squared logits: by how similar they look, a power of the
 * cosine that grows with the number of samples; and, where the adapter generalizes, by how far the model's
 * probabilities agree.
 *
 * @param {Float64Array} unit the face's embedding, of length 1.
 * @param {Float64Array} root of its probabilities.
 * @param {readonly Float64Array[]} units of the samples.
 * @param {readonly Float64Array[]} roots
 * @param {boolean} generalizes
 * @returns {Float64Array}
 */
function covary(unit, root, units, roots, generalizes) {
  const crowding = Math.max(1, units.length / (SAMPLES_PER_DIMENSION * unit.length));
  const power = 2 + Math.ceil(Math.log(crowding) / Math.log(3));
  return Float64Array.from(units, (other, i) => {
    const similarity = SIMILARITY_VARIANCE * dot(unit, other) ** power;
    return generalizes ? similarity + CONFUSION_VARIANCE * dot(root, roots[i]) ** 8 : similarity;
  });
}

/**
 * @param {readonly Float64Array[]} covariance of n samples.
 * @param {readonly Float64Array[]} offsets the model's logits.
 * @param {readonly number[]} labels
 * @returns {Float64Array[]} the coefficients, n × L.
 */
function fit(covariance, offsets, labels) {
  const bound = covariance.map((row, i) => row.map((value, j) => (i === j ? 1 : 0) + value / 2));
  const solved = inverse(bound);
  // covariance @ solved
  const step = solved.map((row, i) => row.map((value, j) => 2 * ((i === j ? 1 : 0) - value)));
  let change = offsets.map((row) => new Float64Array(row.length));
  let gradient = change;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    gradient = offsets.map((row, i) => {
      const expected = softmax(row.map((value, label) => value + change[i][label]));
      return expected.map((value, label) => (label === labels[i] ? 1 : 0) - value + change[i][label] / 2);
    });
    change = multiply(step, gradient);
  }
  return multiply(solved, gradient);
}

/** The product of a symmetric matrix and one of rows. @param {Float64Array[]} matrix @param {Float64Array[]} rows */
function multiply(matrix, rows) {
  return matrix.map((weights) => {
    const product = new Float64Array(rows[0].length);
    weights.forEach((weight, i) => {
      for (let column = 0; column < product.length; column++) product[column] += weight * rows[i][column];
    });
    return product;
  });
}

/** An embedding scaled to length 1; one of zeros stays. @param {Float32Array} embedding */
function normalize(embedding) {
  const length = Math.max(Math.sqrt(dot(embedding, embedding)), 1e-6);
  return Float64Array.from(embedding, (value) => value / length);
}

/** @param {Float32Array} probabilities */
function toLogits(probabilities) {
  return Float64Array.from(probabilities, (value) => Math.log(Math.max(value, MIN_PROBABILITY)));
}

/** @param {Float64Array} logits */
function softmax(logits) {
  const highest = Math.max(...logits), powers = logits.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
