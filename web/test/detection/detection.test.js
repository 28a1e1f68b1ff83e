import assert from "node:assert/strict";
import { before, test } from "node:test";

import { cropFace } from "../../src/crop.js";
import { suppress } from "../../src/detection/boxes.js";
import { cutSquare, wholeSquare } from "../../src/detection/onet.js";
import { shrink, YuNet } from "../../src/detection/yunet.js";
import { digest, readFrame, readGolden } from "../golden.js";
import { openONet, openYuNet } from "../networks.js";

/** @import { Detection, Network } from "../../src/types.js" */

// The networks' arithmetic differs from Python's in the last bits.
const PIXELS = 1e-3, SCORE = 1e-5;
const golden = readGolden("detection");
const frames = Object.entries(golden.frames).map(([name, steps]) => ({ name, steps, frame: readFrame(name) }));

/** @type {Network} */
let network;
/** @type {import("../../src/detection/onet.js").ONet} */
let onet;

before(async () => {
  [network, onet] = [await openYuNet(), await openONet()];
});

/** @param {readonly number[]} actual @param {readonly number[]} expected @param {number} most @param {string} what */
function assertClose(actual, expected, most, what) {
  assert.equal(actual.length, expected.length, what);
  const worst = Math.max(0, ...actual.map((value, i) => Math.abs(value - expected[i])));
  assert.ok(worst <= most, `${what}: ${worst} apart`);
}

/** @param {Detection[]} actual @param {Detection[]} expected @param {string} name */
function assertFaces(actual, expected, name) {
  assert.equal(actual.length, expected.length, `faces in ${name}`);
  actual.forEach(({ box, score, landmarks, turned }, i) => {
    const other = expected[i];
    assertClose(Object.values(box), Object.values(other.box), PIXELS, `a box in ${name}`);
    assertClose(landmarks.flat(), other.landmarks.flat(), PIXELS, `landmarks in ${name}`);
    assertClose([score], [other.score], SCORE, `a score in ${name}`);
    assert.equal(turned, other.turned, name);
  });
}

test("resizes each frame to the network's size with Python's bytes", () => {
  for (const { name, steps, frame } of frames) {
    const small = shrink(frame, 240_000);
    assert.deepEqual({ width: small.width, height: small.height, digest: digest(small.data) }, steps.small, name);
  }
});

test("proposes Python's boxes", async () => {
  const detector = new YuNet({ network, onet });
  for (const { name, steps: { proposals }, frame } of frames) {
    const found = await detector.propose(shrink(frame, 240_000));
    assertClose(found.flatMap(({ edges }) => [...edges]), proposals.edges.flat(), PIXELS, `boxes in ${name}`);
    assertClose(found.map(({ score }) => score), proposals.scores, SCORE, `scores in ${name}`);
  }
});

test("cuts windows with Python's bytes, outside the frame too", () => {
  const frame = readFrame("odd");
  for (const { middle: [x, y], side, window, cut } of golden.cuts) {
    assert.deepEqual(wholeSquare(x, y, side), window);
    assert.equal(digest(cutSquare(frame, window)), cut, `the window ${window}`);
  }
  for (const { name, steps: { confirmed }, frame: whole } of frames) {
    const cuts = confirmed.windows.map((/** @type {any} */ window) => digest(cutSquare(whole, window)));
    assert.deepEqual(cuts, confirmed.cuts, name);
  }
});

test("confirms windows as Python does", async () => {
  for (const { name, steps: { confirmed }, frame } of frames) {
    const { windows } = confirmed;
    const cuts = windows.map((/** @type {any} */ window) => cutSquare(frame, window));
    const found = await onet.confirm(cuts, windows);
    assertClose(found.flatMap(({ edges }) => [...edges]), confirmed.edges.flat(), PIXELS, `boxes in ${name}`);
    assertClose(found.flatMap(({ landmarks }) => landmarks.flat()), confirmed.landmarks.flat(2), PIXELS, name);
    assertClose(found.map(({ score }) => score), confirmed.scores, SCORE, `scores in ${name}`);
  }
});

test("detects Python's faces in photos: turned, cut off, none", async () => {
  const detector = new YuNet({ network, onet });
  for (const { name, steps, frame } of frames) assertFaces(await detector.detect(frame), steps.faces, name);
});

test("detects Python's faces in the frames of a video, where none is searched for turned", async () => {
  const detector = YuNet.forVideo({ network, onet });
  for (const { name, steps, frame } of frames) assertFaces(await detector.detect(frame), steps.inVideo, name);
});

test("crops the detected faces as Python does", async () => {
  const detector = new YuNet({ network, onet });
  for (const { name, steps, frame } of frames) {
    const faces = await detector.detect(frame);
    faces.forEach(({ landmarks }, i) => {
      const crop = cropFace(frame, landmarks, { side: 48, color: "gray" });
      assertClose([...crop], [...Buffer.from(steps.crops[i], "base64")], 1, `a crop of ${name}`);
    });
  }
});

test("detects the same in RGBA, and leaves the image as it is", async () => {
  const detector = new YuNet({ network, onet });
  const { width, height, data } = readFrame("one");
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  const bytes = digest(rgba);
  assertFaces(await detector.detect({ width, height, channels: 4, data: rgba }), golden.frames.one.faces, "one");
  assert.equal(digest(rgba), bytes);
});

test("finds no face in an image of one pixel", async () => {
  const image = { width: 1, height: 1, channels: /** @type {3} */ (3), data: new Uint8Array(3) };
  assert.deepEqual(await new YuNet({ network, onet }).detect(image), []);
});

test("refuses fewer pixels than the network takes", () => {
  assert.throws(() => new YuNet({ network, onet, pixels: 1000 }), /pixels must be 1024 or more, got 1000/);
});

test("keeps the boxes that Python keeps", () => {
  const { edges, scores, kept } = golden.suppressed;
  assert.deepEqual(suppress(edges, scores, 0.4), kept);
});
