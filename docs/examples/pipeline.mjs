// From a face's box to its expression, in Node: npm install onnxruntime-web
// node pipeline.mjs frame.rgb WIDTH HEIGHT X Y BOXWIDTH BOXHEIGHT onet.onnx small.onnx
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web/wasm";
ort.env.wasm.numThreads = 1; // in Node, the WASM build has no others

const SIDE = 48; // of O-Net's input and of a crop
const FACE = [[0.316, 0.377], [0.684, 0.368], [0.5, 0.588], [0.348, 0.785], [0.66, 0.778]];
const LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
const [file, ...rest] = process.argv.slice(2), [width, height, x, y, boxWidth, boxHeight] = rest.map(Number);
const rgb = readFileSync(file), open = (path) => ort.InferenceSession.create(readFileSync(path));
const clamp = (value, most) => Math.min(Math.max(value, 0), most);

/** RGB between the pixels; beyond the edges, the edge. */
function read(px, py, channel) {
  const left = Math.floor(clamp(px, width - 1)), top = Math.floor(clamp(py, height - 1));
  const right = Math.min(left + 1, width - 1), bottom = Math.min(top + 1, height - 1);
  const u = clamp(px, width - 1) - left, v = clamp(py, height - 1) - top;
  const at = (column, row) => rgb[(row * width + column) * 3 + channel];
  return (1 - v) * ((1 - u) * at(left, top) + u * at(right, top)) + v * ((1 - u) * at(left, bottom) + u * at(right, bottom));
}

/** SIDE x SIDE pixels, each the mean of k x k samples: pixel (i, j) lies at turn * (i + jj) + shift, in complex numbers. */
function sample([a, b], [dx, dy], channels) {
  const k = clamp(Math.ceil(Math.hypot(a, b)), 8) || 1, out = new Float32Array(SIDE * SIDE * channels.length);
  for (let place = 0; place < SIDE * SIDE * k * k; place++) {
    const i = place % (SIDE * k), j = Math.floor(place / (SIDE * k)), s = (i + 0.5) / k, t = (j + 0.5) / k;
    const px = a * s - b * t + dx - 0.5, py = b * s + a * t + dy - 0.5;
    const at = (Math.floor(j / k) * SIDE + Math.floor(i / k)) * channels.length;
    channels.forEach((channel, c) => { out[at + c] += read(px, py, channel) / (k * k); });
  }
  return out;
}

/** Five landmarks in pixels; O-Net takes (v - 127.5) / 128 with rows and columns swapped. */
async function findLandmarks(onet) {
  const side = Math.max(boxWidth, boxHeight), left = x + (boxWidth - side) / 2, top = y + (boxHeight - side) / 2;
  const window = sample([side / SIDE, 0], [left, top], [0, 1, 2]);
  const data = window.map((_, at) => {
    const column = Math.floor(at / 3 / SIDE), row = Math.floor(at / 3) % SIDE;
    return (window[(row * SIDE + column) * 3 + (at % 3)] - 127.5) / 128;
  });
  const marks = (await onet.run({ input_3: new ort.Tensor("float32", data, [1, SIDE, SIDE, 3]) })).dense_6.data;
  return FACE.map((_, point) => [left + side * marks[point], top + side * marks[point + 5]]);
}

/** The least-squares similarity from the crop's pixels to the image's (Umeyama 1991): [turn, shift]. */
function fit(points) {
  const goals = FACE.map(([u, v]) => [SIDE * u, SIDE * v]), mean = (list, side) => list.reduce((sum, p) => sum + p[side], 0) / 5;
  const [mx, my, gx, gy] = [mean(points, 0), mean(points, 1), mean(goals, 0), mean(goals, 1)];
  const sum = (term) => points.reduce((total, [px, py], i) => total + term(px - mx, py - my, goals[i][0] - gx, goals[i][1] - gy), 0);
  const spread = sum((p, q) => p * p + q * q), re = sum((p, q, g, h) => p * g + q * h) / spread, im = sum((p, q, g, h) => p * h - q * g) / spread;
  const size = re * re + im * im, turn = [re / size, -im / size];
  return [turn, [mx - turn[0] * gx + turn[1] * gy, my - turn[1] * gx - turn[0] * gy]];
}

const [turn, shift] = fit(await findLandmarks(await open(rest[6]))), crop = sample(turn, shift, [0, 1, 2]);
const gray = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => Math.round(0.299 * crop[3 * i] + 0.587 * crop[3 * i + 1] + 0.114 * crop[3 * i + 2]));
const { probabilities } = await (await open(rest[7])).run({ faces: new ort.Tensor("uint8", gray, [1, SIDE, SIDE]) });
console.log(JSON.stringify(Object.fromEntries(LABELS.map((label, i) => [label, probabilities.data[i]]))));
