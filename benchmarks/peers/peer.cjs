// One of the npm peers, as it ships, on raw RGB images: node peer.cjs human|face-api FOLDER.
// FOLDER has index.json, a list of {file, width, height}, and prints one JSON line an image.
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");

const packageOf = (name) => path.join(__dirname, "node_modules", name);
wasm.setWasmPaths(`${packageOf("@tensorflow/tfjs-backend-wasm")}/dist/`, true);

// The packages load their own files from where npm put them, not from a network.
globalThis.fetch = async (address) => {
  const file = `${address}`.replace(/^file:\/\//, "");
  const type = file.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(fs.readFileSync(file), { headers: { "content-type": type } });
};

async function openHuman() {
  const { Human } = require(`${packageOf("@vladmandic/human")}/dist/human.node-wasm.js`);
  const human = new Human({
    backend: "wasm",
    wasmPath: `${packageOf("@tensorflow/tfjs-backend-wasm")}/dist/`,
    modelBasePath: `file://${packageOf("@vladmandic/human")}/models/`,
    face: { enabled: true, emotion: { enabled: true, minConfidence: 0 }, detector: { maxDetected: 20 } },
    body: { enabled: false }, hand: { enabled: false }, object: { enabled: false }, gesture: { enabled: false },
    cacheSensitivity: 0, // each image is another one
  });
  await human.load();
  return {
    version: human.version,
    detect: async (tensor) => (await human.detect(tensor)).face.map(({ box, emotion }) =>
      ({ box, scores: Object.fromEntries((emotion ?? []).map((it) => [it.emotion, it.score])) })),
  };
}

async function openFaceApi() {
  const folder = packageOf("@vladmandic/face-api");
  const api = require(`${folder}/dist/face-api.node-wasm.js`);
  await api.tf.setBackend("wasm");
  await api.tf.ready();
  for (const net of ["ssdMobilenetv1", "faceLandmark68Net", "faceExpressionNet"]) {
    await api.nets[net].loadFromDisk(`${folder}/model`);
  }
  return {
    version: api.version.faceapi ?? api.version,
    detect: async (tensor) => (await api.detectAllFaces(tensor).withFaceLandmarks().withFaceExpressions())
      .map(({ detection: { box }, expressions }) =>
        ({ box: [box.x, box.y, box.width, box.height], scores: { ...expressions } })),
  };
}

async function main(name, folder) {
  await tf.setBackend("wasm");
  await tf.ready();
  const peer = await (name === "human" ? openHuman() : openFaceApi());
  console.log(JSON.stringify({ version: peer.version }));
  for (const { file, width, height } of JSON.parse(fs.readFileSync(path.join(folder, "index.json")))) {
    const pixels = new Uint8Array(fs.readFileSync(path.join(folder, file)));
    const tensor = tf.tensor3d(pixels, [height, width, 3], "int32");
    const started = performance.now();
    let faces = [], error;
    try {
      faces = await peer.detect(tensor);
    } catch (problem) {
      error = `${problem}`;
    }
    console.log(JSON.stringify({ file, faces, error, ms: performance.now() - started }));
    tensor.dispose();
  }
}

main(...process.argv.slice(2));
