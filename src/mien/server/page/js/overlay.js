import { sayLabel } from "./bars.js";
import { colorOf, UNSURE } from "./emotions.js";

const FONT = 14, PAD = 5; // pixels of the page

/**
 * Draws the boxes of a result over its picture; each with the face's number and label.
 *
 * @param {HTMLCanvasElement} canvas lies over the picture and is as large as it is shown.
 * @param {{width: number, height: number, faces: object[]}|null} result null clears.
 * @param {{numberOf?: (face: object, at: number) => string|number, mirrored?: boolean}} [given]
 *   what stands before a face's label: by default its person, or its place from 1; and whether the
 *   picture is shown as a mirror would.
 */
export function drawFaces(canvas, result, { numberOf = personOf, mirrored = false } = {}) {
  const ratio = devicePixelRatio, { clientWidth, clientHeight } = canvas;
  canvas.width = clientWidth * ratio;
  canvas.height = clientHeight * ratio;
  const pen = canvas.getContext("2d");
  if (!result) return;
  pen.scale(ratio, ratio);
  paintFaces(pen, result, clientWidth / result.width, { numberOf, mirrored });
}

/** Draws the boxes with a pen whose picture is `scale` times the result's. */
export function paintFaces(pen, result, scale, { numberOf = personOf, mirrored = false } = {}) {
  const width = result.width * scale, height = result.height * scale, taken = [];
  const boxes = result.faces.map((face) => {
    const [x, y, wide, high] = face.box.map((one) => one * scale);
    return { x: mirrored ? width - x - wide : x, y, wide, high };
  });
  result.faces.forEach((face, at) => paintBox(pen, face, boxes[at]));
  result.faces.forEach((face, at) => {
    const places = findPlaces(pen, `${numberOf(face, at)}`, sayLabel(face), boxes[at], width, height);
    const place = places.find((one) => !taken.some((other) => overlap(one, other))) ?? places.at(-1);
    taken.push(place);
    paintLabel(pen, place);
  });
}

const personOf = (face, at) => face.person ?? at + 1;

function paintBox(pen, face, { x, y, wide, high }) {
  pen.setLineDash(face.emotion === UNSURE ? [8, 5] : []);
  for (const [width, color] of [[5, "#000a"], [2.5, colorOf(face.emotion)]]) {
    pen.lineWidth = width;
    pen.strokeStyle = color;
    pen.strokeRect(x, y, wide, high);
  }
}

/** Where a label may lie, the best first: above its box, below, or above with the number alone. */
function findPlaces(pen, number, label, box, width, height) {
  pen.font = `600 ${FONT}px system-ui, sans-serif`;
  const high = FONT + 2 * PAD, above = box.y - high, below = box.y + box.high;
  return [[`${number} ${label}`, above], [`${number} ${label}`, below], [number, above]].map(([text, top]) => {
    const wide = pen.measureText(text).width + 2 * PAD;
    const x = Math.max(Math.min(box.x, width - wide), 0);
    return { text, x, y: Math.min(Math.max(top, 0), height - high), wide, high };
  });
}

const overlap = (one, other) => one.x < other.x + other.wide && other.x < one.x + one.wide
  && one.y < other.y + other.high && other.y < one.y + one.high;

/** Writes light on dark, whatever the picture is. */
function paintLabel(pen, { text, x, y, wide, high }) {
  pen.fillStyle = "#14161ae6";
  pen.fillRect(x, y, wide, high);
  pen.fillStyle = "#ffffff";
  pen.textBaseline = "middle";
  pen.fillText(text, x + PAD, y + high / 2);
}
