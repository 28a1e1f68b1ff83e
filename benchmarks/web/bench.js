import { CONTENDERS } from "./contenders.js";
import { loadFrames } from "./frames.js";

const FPS = 30;
/** @type {HTMLCanvasElement[]} */
let frames = [];
/** @type {AsyncIterator<import("./contenders.js").Found>} */
let results;

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
    const analyze = await CONTENDERS[name](settings);
    results = analyze(play())[Symbol.asyncIterator]();
    await results.next();
    return (performance.now() - started) / 1000;
  },

  /**
   * Analyzes further frames.
   *
   * @param {number} count
   * @returns {Promise<{seconds: number, found: import("./contenders.js").Found[]}>}
   */
  async run(count) {
    const started = performance.now();
    const found = [];
    for (let done = 0; done < count; done++) found.push((await results.next()).value);
    return { seconds: (performance.now() - started) / 1000, found };
  },
};

/** The clip forwards and backwards, so that nothing jumps, without an end. */
async function* play() {
  const last = frames.length - 1;
  for (let number = 0; ; number++) {
    const place = number % (2 * last);
    yield { image: frames[Math.min(place, 2 * last - place)], time: number / FPS };
  }
}
