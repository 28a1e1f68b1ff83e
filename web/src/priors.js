/** @import { ModelCard } from "./model_card.js" */
import { ModelError } from "./errors.js";

/** The prior in which all labels are equally common. */
export const UNIFORM = "uniform";
const MOST = 1e12; // more than there are photos; sums stay exact

/**
 * How common each label is where a model is used: the name of one of the model's sources, "uniform", or label
 * to share, or to count.
 *
 * @typedef {string|Record<string, number>} Prior
 */

/**
 * Returns a prior's name, and its share of each label, in the order of the card; they sum to 1.
 *
 * A model's probabilities assume that labels are as common as in what it learned from. Where they are not,
 * Bayes' rule corrects them, as long as a face of a label looks the same in both places (Saerens et al. 2002,
 * "Adjusting the Outputs of a Classifier to New a Priori Probabilities").
 *
 * @param {Prior} prior
 * @param {ModelCard} card
 * @returns {{name: string, shares: number[]}}
 * @throws {ModelError} the model states no prior, there is no such prior, or it does not say for each label how
 *   common it is.
 */
export function resolvePrior(prior, card) {
  if (!card.sources.length) {
    const reason = `the model '${card.name}' does not say which base rates it learned, so they cannot be changed`;
    throw new ModelError(reason, { remedy: "leave the prior out, or export the model with this version" });
  }
  if (typeof prior !== "string") return { name: "given", shares: toShares(prior, card) };
  if (prior === UNIFORM) return { name: prior, shares: card.labels.map(() => 1 / card.labels.length) };
  const source = card.sources.find(({ name }) => name === prior);
  if (source) return { name: prior, shares: source.baseRates };
  const known = namedPriors(card).join(", ");
  const remedy = `choose from ${known}, or give an object of label to share`;
  throw new ModelError("no such prior", { subject: prior, remedy });
}

/** The names that a model's prior may have; none where its card states no sources. @param {ModelCard} card */
export function namedPriors(card) {
  return card.sources.length ? [...card.sources.map(({ name }) => name), UNIFORM] : [];
}

/** @param {Record<string, number>} given @param {ModelCard} card */
function toShares(given, card) {
  const subject = "the prior";
  const absent = card.labels.find((label) => !Object.hasOwn(given, label));
  if (absent !== undefined) throw new ModelError(`it lacks the label '${absent}'`, { subject, remedy: "add it" });
  const unknown = Object.keys(given).find((label) => !card.labels.includes(label));
  if (unknown !== undefined) {
    throw new ModelError(`the model has no label '${unknown}'`, { subject, remedy: `use ${card.labels.join(", ")}` });
  }
  for (const label of card.labels) checkShare(label, given[label], subject);
  const values = card.labels.map((label) => given[label]);
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total <= 0) throw new ModelError("all of its shares are 0", { subject, remedy: "make one positive" });
  return values.map((value) => value / total);
}

/** @param {string} label @param {unknown} value @param {string} subject */
function checkShare(label, value, subject) {
  if (typeof value === "number" && value >= 0 && value <= MOST) return;
  throw new ModelError(`its share of '${label}' is ${JSON.stringify(value)}`, {
    subject, remedy: `use 0 or more, ${MOST.toLocaleString("en-US")} at most`,
  });
}
