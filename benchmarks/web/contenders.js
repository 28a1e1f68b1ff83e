/**
 * The libraries behind one interface: a frame in, the largest face's box and expression out.
 *
 * @typedef {{box: number[], label: string}} Found
 * @typedef {(frame: HTMLCanvasElement, time: number) => Promise<?Found>} Analyze `time` is in seconds.
 */

/** Each opens a library with its settings. @type {Record<string, (settings: any) => Promise<Analyze>>} */
export const CONTENDERS = { mien: openMien, human: openHuman, faceapi: openFaceApi };

/** @param {{model: string, isTracked: boolean, threads: number}} settings */
async function openMien({ model, isTracked, threads }) {
  const { load } = await import("/dist/mien.js");
  const mien = await load({ model, threads });
  if (!isTracked) return async (frame) => toFound(await mien.analyze(frame));
  let next;
  async function* frames() {
    for (;;) yield next;
  }
  const results = mien.stream(frames());
  return async (image, time) => {
    next = { image, time };
    return toFound((await results.next()).value);
  };
}

/** @param {import("mien").Result} result */
function toFound({ faces: [face] }) {
  return face ? { box: face.box, label: face.emotion } : null;
}

/** @param {{backend: string, skips: boolean}} settings `skips`: results are kept over frames, as is its default. */
async function openHuman({ backend, skips }) {
  const { Human } = await import("/peers/@vladmandic/human/dist/human.esm.js");
  const off = { enabled: false };
  const human = new Human({
    backend,
    modelBasePath: "/peers/@vladmandic/human/models/",
    wasmPath: "/peers/@tensorflow/tfjs-backend-wasm/dist/",
    cacheModels: false,
    ...(skips ? {} : { cacheSensitivity: 0 }),
    filter: off,
    face: { mesh: off, iris: off, description: off, antispoof: off, liveness: off },
    body: off, hand: off, object: off, gesture: off, segmentation: off,
  });
  return async (frame) => {
    const { face: [face], error } = await human.detect(frame);
    if (error) throw new Error(error);
    return face ? { box: face.box, label: face.emotion?.[0]?.emotion } : null;
  };
}

/** @param {{backend: string, inputSize: number}} settings `inputSize`: of the detector's image, in pixels. */
async function openFaceApi({ backend, inputSize }) {
  const faceapi = await import("/peers/@vladmandic/face-api/dist/face-api.esm.js");
  faceapi.tf.setWasmPaths("/peers/@tensorflow/tfjs-backend-wasm/dist/");
  await faceapi.tf.setBackend(backend);
  await faceapi.tf.ready();
  const { tinyFaceDetector, faceExpressionNet } = faceapi.nets;
  await Promise.all([tinyFaceDetector, faceExpressionNet].map((net) => net.load("/peers/@vladmandic/face-api/model/")));
  const options = new faceapi.TinyFaceDetectorOptions({ inputSize });
  return async (frame) => {
    const face = await faceapi.detectSingleFace(frame, options).withFaceExpressions();
    if (!face) return null;
    const { x, y, width, height } = face.detection.box;
    return { box: [x, y, width, height], label: face.expressions.asSortedArray()[0].expression };
  };
}
