import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { PlayingVideo } from "../../src/media/playing.js";

/** What a video element tells of its frames. */
class FakeVideo extends EventTarget {
  videoWidth = 640;
  videoHeight = 360;
  paused = false;
  ended = false;
  error = null;
  srcObject = null;
  currentSrc = "clip.mp4";
  /** @type {?Function} */
  #callback = null;

  /** @param {Function} callback */
  requestVideoFrameCallback(callback) {
    this.#callback = callback;
    return 1;
  }

  cancelVideoFrameCallback() {
    this.#callback = null;
  }

  get isFollowed() {
    return this.#callback !== null;
  }

  /** Shows a frame. @param {number} presentedFrames @param {number} mediaTime */
  show(presentedFrames, mediaTime) {
    const callback = /** @type {Function} */ (this.#callback);
    callback(mediaTime * 1000, { presentedFrames, mediaTime });
  }

  end() {
    this.ended = true;
    this.dispatchEvent(new Event("ended"));
  }
}

/** @type {any} */
const page = globalThis;

beforeEach(() => {
  page.document = Object.assign(new EventTarget(), { hidden: false });
  page.HTMLVideoElement = FakeVideo;
  page.ImageData = class {};
  page.createImageBitmap = async () => ({ width: 640, height: 360, close() {} });
});

/** @param {FakeVideo} video @param {{fps?: number, signal?: AbortSignal}} [options] */
function follow(video, options = {}) {
  return new PlayingVideo(/** @type {any} */ (video), options).frames();
}

/** @param {AsyncGenerator<{number: number, time: number}>} frames */
async function take(frames) {
  const { value, done } = await frames.next();
  return done ? "the end" : [value.number, value.time];
}

test("frames that nobody asked for in time are dropped, and counted", async () => {
  const video = new FakeVideo(), frames = follow(video);
  const first = take(frames);
  video.show(10, 0.5);
  assert.deepEqual(await first, [0, 0.5]);
  video.show(11, 0.54); // while the first one is analyzed
  video.show(14, 0.66);
  assert.deepEqual(await take(frames), [4, 0.66]);
  const last = take(frames);
  video.end();
  assert.equal(await last, "the end");
  assert.ok(!video.isFollowed);
});

test("at most fps frames a second are taken", async () => {
  const video = new FakeVideo(), frames = follow(video, { fps: 10 });
  const taken = [take(frames), take(frames), take(frames)];
  for (let frame = 0; frame < 7; frame++) {
    video.show(frame, frame / 30);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.deepEqual(await Promise.all(taken), [[0, 0], [3, 0.1], [6, 0.2]]);
  await frames.return(undefined);
});

test("a camera that is unplugged and a signal end the stream", async () => {
  const track = Object.assign(new EventTarget(), { readyState: "live" });
  page.MediaStream = class { getVideoTracks = () => [track]; };
  const video = Object.assign(new FakeVideo(), { srcObject: new page.MediaStream() });
  const camera = take(follow(video));
  track.readyState = "ended";
  track.dispatchEvent(new Event("ended"));
  assert.equal(await camera, "the end");

  const stop = new AbortController();
  const stopped = take(follow(new FakeVideo(), { signal: stop.signal }));
  stop.abort();
  assert.equal(await stopped, "the end");
});

test("a video that stalls says so; one that is paused, or in a hidden tab, waits", async (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @param {FakeVideo} video @param {number} seconds */
  const wait = async (video, seconds) => {
    now += seconds * 1000;
    video.dispatchEvent(new Event("pause"));
    await new Promise((resolve) => setImmediate(resolve));
  };
  const paused = Object.assign(new FakeVideo(), { paused: true }), next = take(follow(paused));
  await wait(paused, 3600);
  paused.paused = false;
  paused.show(0, 1);
  assert.deepEqual(await next, [0, 1]);

  page.document.hidden = true;
  const hidden = new FakeVideo(), later = take(follow(hidden));
  await wait(hidden, 3600);
  page.document.hidden = false;
  hidden.show(0, 2);
  assert.deepEqual(await later, [0, 2]);

  const stalled = new FakeVideo(), never = take(follow(stalled));
  const refused = assert.rejects(never, { name: "MediaError", message: /^clip.mp4: stalls: no frame for 15 seconds/ });
  await wait(stalled, 16);
  await refused;
});

test("a video that breaks says why", async () => {
  const video = new FakeVideo(), next = take(follow(video));
  Object.assign(video, { error: { code: 3, message: "no decoder" } });
  video.dispatchEvent(new Event("error"));
  await assert.rejects(next, { name: "MediaError", message: "clip.mp4: cannot be played: no decoder; use MP4 (H.264) or WebM." });
});
