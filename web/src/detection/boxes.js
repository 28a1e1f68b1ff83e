/**
 * Arithmetic on boxes, in single precision as in Python.
 *
 * @typedef {readonly [number, number, number, number]} Edges left, top, right, bottom, in pixels.
 */

const { fround } = Math;

/**
 * Moves each edge by an offset, in fractions of the box's width and height.
 *
 * @param {Edges} box
 * @param {Edges} offsets
 * @returns {Edges}
 */
export function regress([left, top, right, bottom], offsets) {
  const width = fround(right - left), height = fround(bottom - top);
  return [
    fround(left + fround(offsets[0] * width)),
    fround(top + fround(offsets[1] * height)),
    fround(right + fround(offsets[2] * width)),
    fround(bottom + fround(offsets[3] * height)),
  ];
}

/**
 * Drops each box that overlaps a better one: greedy non-maximum suppression.
 *
 * @param {readonly Edges[]} boxes
 * @param {readonly number[]} scores
 * @param {number} limit the share of the union of two boxes above which the worse one is dropped.
 * @returns {number[]} the indices of the kept boxes, by descending score.
 */
export function suppress(boxes, scores, limit) {
  let rest = [...boxes.keys()].sort((a, b) => scores[b] - scores[a]);
  const kept = [];
  while (rest.length) {
    const best = rest[0];
    kept.push(best);
    rest = rest.slice(1).filter((other) => !overlap(boxes[best], boxes[other], fround(limit)));
  }
  return kept;
}

/** @param {Edges} a @param {Edges} b @param {number} limit @returns {boolean} */
function overlap(a, b, limit) {
  const width = Math.max(fround(Math.min(a[2], b[2]) - Math.max(a[0], b[0])), 0);
  const height = Math.max(fround(Math.min(a[3], b[3]) - Math.max(a[1], b[1])), 0);
  const both = fround(width * height);
  return both > fround(limit * fround(fround(areaOf(a) + areaOf(b)) - both));
}

/** @param {Edges} box @returns {number} */
function areaOf([left, top, right, bottom]) {
  return fround(fround(right - left) * fround(bottom - top));
}
