import { ask } from "./api.js";
import { makeChoice } from "./dom.js";
import { persist } from "./persist.js";

/**
 * The choice of a model, filled from the server.
 *
 * @param {(name: string) => void} [onChange]
 * @returns {{element: HTMLElement, select: HTMLSelectElement, ready: Promise<void>}} `ready` once
 *   the server has told which models there are.
 */
export function makeModelChoice(onChange = () => {}) {
  const { element, select, fill } = makeChoice("Model", onChange);
  const ready = persist(() => ask("GET", "/v1/models")).then(({ models }) => {
    const chosen = models.find((model) => model.default);
    fill(models.map(({ name }) => ({ value: name, text: name })), chosen.name);
  });
  return { element, select, ready };
}
