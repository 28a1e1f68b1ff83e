/**
 * The libraries behind one interface: frames in, each face's box and expression out.
 *
 * @typedef {{image: HTMLCanvasElement, time: number}} Frame `time` is in seconds.
 * @typedef {{box: number[], label: string}} Found `box`: x, y, width, height.
 * @typedef {(frames: AsyncIterable<Frame>) => AsyncIterable<Found[]>} Analyze
 */

const MOST = 20; // faces

/** Each opens a library with its settings. @type {Record<string, (settings: any) => Promise<Analyze>>} */
export const CONTENDERS = { mien: openMien, human: openHuman, faceapi: openFaceApi };

/** @param {{isTracked: boolean, model: string}} settings and further options of `load`. @returns {Promise<Analyze>} */
async function openMien({ isTracked, ...options }) {
  const { load } = await import("/dist/mien.js");
  const mien = await load(options);
  const toFound = ({ faces }) => faces.map(({ box, emotion }) => ({ box, label: emotion }));
  if (!isTracked) return oneByOne(async (frame) => toFound(await mien.analyze(frame)));
  return async function* (frames) {
    for await (const result of mien.stream(frames)) yield toFound(result);
  };
}

/**
 * @param {{backend: string, skips: boolean}} settings `skips`: results are kept over frames, as is its default.
 * @returns {Promise<Analyze>}
 */
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
    face: { detector: { maxDetected: MOST }, mesh: off, iris: off, description: off, antispoof: off, liveness: off },
    body: off, hand: off, object: off, gesture: off, segmentation: off,
  });
  return oneByOne(async (frame) => {
    const { face, error } = await human.detect(frame);
    if (error) throw new Error(error);
    return face.map(({ box, emotion }) => ({ box, label: emotion?.[0]?.emotion }));
  });
}

/**
 * @param {{backend: string, inputSize: number}} settings `inputSize`: of the detector's image, in pixels.
 * @returns {Promise<Analyze>}
 */
async function openFaceApi({ backend, inputSize }) {
  const faceapi = await import("/peers/@vladmandic/face-api/dist/face-api.esm.js");
  faceapi.tf.setWasmPaths("/peers/@tensorflow/tfjs-backend-wasm/dist/");
  await faceapi.tf.setBackend(backend);
  await faceapi.tf.ready();
  const { tinyFaceDetector, faceExpressionNet } = faceapi.nets;
  await Promise.all([tinyFaceDetector, faceExpressionNet].map((net) => net.load("/peers/@vladmandic/face-api/model/")));
  const options = new faceapi.TinyFaceDetectorOptions({ inputSize });
  return oneByOne(async (frame) => {
    const faces = await faceapi.detectAllFaces(frame, options).withFaceExpressions();
    return faces.map(({ detection: { box }, expressions }) => ({
      box: [box.x, box.y, box.width, box.height],
      label: expressions.asSortedArray()[0].expression,
    }));
  });
}

/** @param {(frame: HTMLCanvasElement) => Promise<Found[]>} analyze @returns {Analyze} */
function oneByOne(analyze) {
  return async function* (frames) {
    for await (const { image } of frames) yield await analyze(image);
  };
}
