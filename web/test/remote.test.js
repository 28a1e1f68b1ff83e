import assert from "node:assert/strict";
import { test } from "node:test";

import { MediaError } from "../src/errors.js";
import { RemoteEngine } from "../src/remote.js";

/** A worker whose answers the test gives. */
class FakeWorker extends EventTarget {
  /** @type {any[]} */
  messages = [];
  /** @type {any[]} */
  transferred = [];
  isTerminated = false;

  /** @param {any} message @param {any[]} transfer */
  postMessage(message, transfer) {
    this.messages.push(message);
    this.transferred.push(...transfer);
  }

  terminate() {
    this.isTerminated = true;
  }

  /** @param {unknown} data */
  answer(data) {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
}

function start() {
  const worker = new FakeWorker();
  return { worker, engine: new RemoteEngine(/** @type {any} */ (worker)) };
}

const IMAGE = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
const OPTIONS = { source: "photo.jpg", crop: false };

test("answers reach their calls in any order, and errors keep their kind", async () => {
  const { worker, engine } = start();
  const [first, second] = [engine.analyze(IMAGE, OPTIONS), engine.analyze(IMAGE, OPTIONS)];
  const error = { name: "MediaError", reason: "has no pixels", subject: "photo.jpg", remedy: "choose another" };
  worker.answer({ id: 1, value: "second" });
  worker.answer({ id: 0, error });
  assert.equal(await second, "second");
  await assert.rejects(first, new MediaError("has no pixels", { subject: "photo.jpg", remedy: "choose another" }));
});

test("a bitmap is handed over, not copied", () => {
  const { worker, engine } = start();
  const bitmap = /** @type {any} */ ({ width: 1, height: 1, close() {} });
  engine.analyze(bitmap, OPTIONS);
  engine.analyze(IMAGE, OPTIONS);
  assert.deepEqual(worker.transferred, [bitmap]);
});

test("a worker that dies rejects the calls that wait and those that come", async () => {
  const { worker, engine } = start();
  const waiting = engine.analyze(IMAGE, OPTIONS);
  worker.dispatchEvent(Object.assign(new Event("error"), { message: "out of memory" }));
  const error = { name: "UnsupportedError", message: /^Mien's worker failed: out of memory; check/ };
  await assert.rejects(waiting, error);
  await assert.rejects(engine.startStream({ smoothing: 0 }), error);
  assert.ok(worker.isTerminated);
});

test("closing rejects the calls that wait", async () => {
  const { worker, engine } = start();
  const waiting = engine.analyze(IMAGE, OPTIONS);
  await engine.close();
  await assert.rejects(waiting, { name: "ClosedError", message: "Mien was closed; load it again." });
  assert.ok(worker.isTerminated);
});

test("an image that may not be handed over says why", async () => {
  const { worker, engine } = start();
  worker.postMessage = () => {
    throw new DOMException("tainted", "DataCloneError");
  };
  await assert.rejects(engine.analyze(IMAGE, OPTIONS), { name: "MediaError", message: /comes from another origin/ });
});
