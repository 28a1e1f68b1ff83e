// One of the npm peers as it ships, on raw RGB images: node peer.cjs human|face-api FOLDER.
// FOLDER has index.json, a list of {file, width, height}. Prints the version, then a JSON line for each image.
const fs = require("node:fs");
const path = require("node:path");
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");

const packageOf = (name) => path.join(__dirname, "node_modules", name);
const versionOf = (name) => require(`${packageOf(name)}/package.json`).version;
const wasmPath = `${packageOf("@tensorflow/tfjs-backend-wasm")}/dist/`;
wasm.setWasmPaths(wasmPath, true);

// Node's fetch reads no files: this one reads the packages' models and WebAssembly from where npm put them.
globalThis.fetch = async (address) => {
  const file = `${address}`.replace(/^file:\/\//, "");
  const type = file.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(fs.readFileSync(file), { headers: { "content-type": type } });
};

async function openHuman() {
  const folder = packageOf("@vladmandic/human");
  const { Human } = require(`${folder}/dist/human.node-wasm.js`);
  const human = new Human({
    backend: "wasm",
    wasmPath,
    modelBasePath: `file://${folder}/models/`,
    // By default human detects one face, and reuses results where an image is much like the one before.
    face: { detector: { maxDetected: 20 } },
    cacheSensitivity: 0,
    // Nothing here uses these, and faces do not depend on them.
    body: { enabled: false },
    hand: { enabled: false },
    object: { enabled: false },
    gesture: { enabled: false },
  });
  await human.load();
  const toScores = (emotions) => Object.fromEntries(emotions.map(({ emotion, score }) => [emotion, score]));
  return async (tensor) => {
    const { face, error } = await human.detect(tensor);
    if (error) throw new Error(error);
    return face.map(({ box, emotion }) => ({ box, scores: toScores(emotion ?? []) }));
  };
}

async function openFaceApi() {
  const folder = packageOf("@vladmandic/face-api");
  const api = require(`${folder}/dist/face-api.node-wasm.js`);
  for (const net of ["ssdMobilenetv1", "faceLandmark68Net", "faceExpressionNet"]) {
    await api.nets[net].loadFromDisk(`${folder}/model`);
  }
  return async (tensor) => {
    const faces = await api.detectAllFaces(tensor).withFaceLandmarks().withFaceExpressions();
    return faces.map(({ detection: { box }, expressions }) => ({
      box: [box.x, box.y, box.width, box.height],
      scores: { ...expressions },
    }));
  };
}

async function main(name, folder) {
  await tf.setBackend("wasm");
  await tf.ready();
  const detect = await (name === "human" ? openHuman() : openFaceApi());
  console.log(JSON.stringify({ version: versionOf(`@vladmandic/${name}`) }));
  for (const { file, width, height } of JSON.parse(fs.readFileSync(path.join(folder, "index.json")))) {
    const pixels = new Uint8Array(fs.readFileSync(path.join(folder, file)));
    const tensor = tf.tensor3d(pixels, [height, width, 3], "int32");
    const started = performance.now();
    let faces = [], error = null;
    try {
      faces = await detect(tensor);
    } catch (problem) {
      error = `${problem}`;
    }
    console.log(JSON.stringify({ file, faces, error, ms: performance.now() - started }));
    tensor.dispose();
  }
}

main(...process.argv.slice(2));
