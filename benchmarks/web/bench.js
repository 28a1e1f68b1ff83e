import { CONTENDERS } from "./contenders.js";
import { loadFrames } from "./frames.js";

const FPS = 30;
/** @type {HTMLCanvasElement[]} */
let frames = [];
/** @type {import("./contenders.js").Analyze} */
let analyze;
let number = 0;

/** What the runner calls. */
globalThis.bench = {
  /** @param {string} clip @param {number} count of its frames. */
  async decode(clip, count) {
    frames = await loadFrames(clip, count, FPS);
  },

  /**
   * Opens a library and analyzes the first frame.
   *
   * @param {string} name
   * @param {object} settings
   * @returns {Promise<number>} seconds until the first result.
   */
  async open(name, settings) {
    const started = performance.now();
    analyze = await CONTENDERS[name](settings);
    await step();
    return (performance.now() - started) / 1000;
  },

  /**
   * Analyzes further frames: the clip forwards and backwards, so that nothing jumps.
   *
   * @param {number} count
   * @returns {Promise<{seconds: number, found: (?import("./contenders.js").Found)[]}>}
   */
  async run(count) {
    const started = performance.now();
    const found = [];
    for (let done = 0; done < count; done++) found.push(await step());
    return { seconds: (performance.now() - started) / 1000, found };
  },
};

function step() {
  const last = frames.length - 1;
  const place = number % (2 * last);
  return analyze(frames[Math.min(place, 2 * last - place)], number++ / FPS);
}
