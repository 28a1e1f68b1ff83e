// Stands in for PsychoJS, which is not in the npm registry: the part of its ExperimentHandler and Scheduler that this
// example uses. An experiment that PsychoPy Builder exports brings the real ones along.

class ExperimentHandler {
  entries = [];
  #entry = {};

  addData(key, value) {
    this.#entry[key] = Array.isArray(value) ? JSON.stringify(value) : value;
  }

  nextEntry() {
    this.entries.push(this.#entry);
    this.#entry = {};
  }
}

export const psychoJS = { experiment: new ExperimentHandler() };

/** Runs a routine: begin once, each frame until it returns false, end once. */
export async function runRoutine({ begin, eachFrame, end }) {
  await begin();
  do await new Promise(requestAnimationFrame); while (await eachFrame());
  await end();
  psychoJS.experiment.nextEntry();
}
