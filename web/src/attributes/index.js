import { faceSquare } from "../crop.js";
import { toGray } from "../imaging/gray.js";
import { resizeGray } from "../imaging/resize.js";
import { findPose } from "./pose.js";
import { measureBrightness, measureSharpness } from "./quality.js";
import { judgeUsable, REASONS } from "./usable.js";

/**
 * Further measures of a face: how it is turned, how large, sharp and bright it is, whether it is usable.
 *
 * @import { Detection, FaceFormat, Image, Quantity } from "../types.js"
 */

const SIDE = 48; // of the crop that is measured, so that measures do not depend on the model

const CODES = REASONS.map((reason, code) => `${code} ${reason}`).join(", ");

/**
 * What is measured, in its order.
 *
 * @type {readonly Quantity[]}
 */
export const QUANTITIES = [
  { name: "yaw", unit: "degrees", description: "Turn about the vertical; positive to the viewer's right." },
  { name: "pitch", unit: "degrees", description: "Nod; positive looks up." },
  { name: "roll", unit: "degrees", description: "Tilt in the image; positive is clockwise." },
  { name: "side", unit: "pixels", description: "Side of the square that the face fills; a crop is 48." },
  {
    name: "sharpness",
    unit: "",
    description: "Fine detail of the crop, 0 for none; 0.3 to 1.0 is usual, under 0.06 is blurred.",
  },
  { name: "brightness", unit: "", description: "Mean gray value of the crop: 0 black, 255 white." },
  { name: "usable", unit: "", description: "1 where the face is fit to be judged, else 0." },
  { name: "usable_reason", unit: "", description: `Why not: ${CODES}.` },
];

/**
 * Measures one face.
 *
 * @param {Object} face
 * @param {{width: number, height: number}} face.image that the face is in, or that is a cropped face.
 * @param {?Detection} face.detection null where the image is a cropped face.
 * @param {Uint8Array} face.crop as the model takes it.
 * @param {FaceFormat} face.format of the crop.
 * @param {number} [face.scale] pixels of the source to one of the image: more than 1 where it was decoded smaller.
 * @returns {Record<string, number>} by the names of `QUANTITIES`, in their order; what a face does not show is
 *   absent.
 */
export function measureFace({ image, detection, crop, format, scale = 1 }) {
  const gray = grayOf(crop, format);
  const pose = detection && findPose(detection.landmarks);
  const measured = {
    ...(pose && { yaw: pose[0], pitch: pose[1], roll: pose[2] }),
    side: detection ? faceSquare(detection.landmarks).side * scale : Math.min(image.width, image.height),
    sharpness: measureSharpness(gray, SIDE),
    brightness: measureBrightness(gray),
  };
  const reason = judgeUsable(measured, detection && detection.score);
  return { ...measured, usable: Number(reason === 0), usable_reason: reason };
}

/** @param {Uint8Array} crop @param {FaceFormat} format @returns {Uint8Array} 48 × 48. */
function grayOf(crop, { side, color }) {
  const gray = color === "gray" ? crop : toGray({ width: side, height: side, channels: 3, data: crop });
  return side === SIDE ? gray : resizeGray(gray, side, side, SIDE, SIDE, "box");
}
