/**
 * Detects, crops and measures the faces of PNG files.
 *
 * Usage: node web/test/detect_photos.js FILE ...; prints a list of faces for each, as JSON.
 */

import { readFileSync } from "node:fs";

import { measureFace } from "../src/attributes/index.js";
import { cropFace } from "../src/crop.js";
import { YuNet } from "../src/detection/yunet.js";
import { openONet, openYuNet } from "./networks.js";
import { decodePng } from "./png.js";

const format = { side: 48, color: /** @type {const} */ ("gray") };
const detector = new YuNet({ network: await openYuNet(), onet: await openONet() });
const found = [];
for (const path of process.argv.slice(2)) {
  const image = decodePng(readFileSync(path));
  const detections = await detector.detect(image);
  found.push(
    detections.map((detection) => {
      const crop = cropFace(image, detection.landmarks, format);
      const attributes = measureFace({ image, detection, crop, format });
      return { ...detection, crop: Buffer.from(crop).toString("base64"), attributes };
    }),
  );
}
console.log(JSON.stringify(found));
