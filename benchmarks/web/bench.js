import { CONTENDERS } from "./contenders.js";
import { drawPhoto, loadFrames } from "./frames.js";

const FPS = 30;
/** @type {HTMLCanvasElement[]} */
let frames = [];
/** @type {import("./contenders.js").Analyze} */
let analyze;
/** @type {AsyncIterator<import("./contenders.js").Found[]>} */
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
    analyze = await CONTENDERS[name](settings);
    results = analyze(play())[Symbol.asyncIterator]();
    await results.next();
    return (performance.now() - started) / 1000;
  },

  /**
   * Analyzes further frames.
   *
   * @param {number} most
   * @param {number} [seconds] after which it stops.
   * @returns {Promise<{seconds: number, frames: number, found: number}>} how many frames, and in how many a face.
   */
  async run(most, seconds = Infinity) {
    const started = performance.now();
    let count = 0, found = 0, passed = 0;
    while (count < most && passed < seconds) {
      const { value: faces } = await results.next();
      count++;
      found += faces.length > 0;
      passed = (performance.now() - started) / 1000;
    }
    return { seconds: passed, frames: count, found };
  },

  /**
   * Counts the faces that the library finds in a photo.
   *
   * @param {string} url
   * @returns {Promise<number>}
   */
  async count(url) {
    const image = await drawPhoto(url);
    for await (const faces of analyze((async function* () { yield { image, time: 0 }; })())) return faces.length;
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
