import { FER2013_LANDMARKS } from "../crop.js";

/**
 * How a head is turned, from five landmarks, under weak perspective.
 *
 * D. DeMenthon and L. Davis, "Model-based object pose in 25 lines of code", 1995, starts: the matrix that best
 * takes the generic face to the landmarks, then the nearest scaled rotation. Gauss-Newton steps then move
 * rotation and scale to the least error of the landmarks. Zero is how FER2013's mean face is turned.
 *
 * @import { Point } from "../types.js"
 *
 * @typedef {[number, number, number]} Vector
 * @typedef {[Vector, Vector, Vector]} Matrix its rows.
 */

const DEPTHS = [-0.17, -0.17, 0, -0.14, -0.14]; // behind the tip of the nose, in sides of the crop
const DAMPING = 1e-6; // keeps a step finite
const STEPS = 2; // of Gauss and Newton; more lower no error by 0.05 degrees
const DEGREES = 180 / Math.PI;

const FACE = genericFace();
const INVERSE = pseudoinverse(FACE);

/**
 * Finds yaw, pitch and roll.
 *
 * @param {readonly Point[]} landmarks left eye, right eye, nose, left and right mouth corner, in pixels.
 * @returns {?Vector} degrees; null where the landmarks coincide or lie on one line.
 */
export function findPose(landmarks) {
  const middle = [0, 1].map((axis) => landmarks.reduce((sum, point) => sum + point[axis], 0) / 5);
  const points = landmarks.map(([x, y]) => [x - middle[0], y - middle[1]]);
  const [across, down] = [0, 1].map((axis) => sumOf(INVERSE.map((row, i) => times(row, points[i][axis]))));
  const nearest = nearestRotation(across, down);
  if (nearest === null) return null;
  const rotation = fitRotation(nearest.rotation, points.map(([x, y]) => [x / nearest.scale, y / nearest.scale]));
  const [x, y, z] = rotation.map((row) => row[2]); // where the face looks
  return [
    Math.atan2(x, z) * DEGREES,
    Math.asin(Math.min(Math.max(-y, -1), 1)) * DEGREES,
    Math.atan2(rotation[1][0], rotation[0][0]) * DEGREES,
  ];
}

/**
 * Returns the landmarks of a face that looks at the camera, about their mean: x to the right and y down as the
 * viewer sees them, z towards the viewer. x and y are FER2013's mean, symmetric; depths are an adult's (30 and
 * 25 mm where the pupils are 64 mm apart).
 *
 * @returns {Vector[]}
 */
function genericFace() {
  const symmetric = FER2013_LANDMARKS.map(([x, y], i) => {
    const [across, down] = FER2013_LANDMARKS[[1, 0, 2, 4, 3][i]];
    return /** @type {Vector} */ ([(x - across) / 2, (y + down) / 2, DEPTHS[i]]);
  });
  const mean = times(sumOf(symmetric), 1 / 5);
  return symmetric.map((point) => sumOf([point, times(mean, -1)]));
}

/** @param {Vector[]} rows @returns {Vector[]} the transposed pseudoinverse of a matrix of full rank. */
function pseudoinverse(rows) {
  const squares = [0, 1, 2].map((i) => [0, 1, 2].map((j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)));
  return rows.map((row) => /** @type {Vector} */ (solve(squares, row)));
}

/**
 * Refines a rotation to the least squares of landmarks of a scale of about 1.
 *
 * @param {Matrix} start
 * @param {number[][]} points
 * @returns {Matrix}
 */
function fitRotation(start, points) {
  let rotation = start, scale = 1;
  for (let step = 0; step < STEPS; step++) {
    const rows = [], errors = [];
    for (const [i, point] of FACE.entries()) {
      const [x, y, z] = rotation.map((row) => scale * dot(row, point));
      // How the landmark moves as the face turns about x, y and z, and as it grows.
      rows.push([0, z, -y, x / scale], [-z, 0, x, y / scale]);
      errors.push(points[i][0] - x, points[i][1] - y);
    }
    const [a, b, c, growth] = leastSquares(rows, errors);
    rotation = multiply(rotationAbout([a, b, c]), rotation);
    scale = Math.max(scale + growth, 0.1);
  }
  return rotation;
}

/** @param {number[][]} rows @param {number[]} values @returns {number[]} the damped solution. */
function leastSquares(rows, values) {
  const indices = [...rows[0].keys()];
  const squares = indices.map((i) =>
    indices.map((j) => rows.reduce((sum, row) => sum + row[i] * row[j], i === j ? DAMPING : 0)),
  );
  return solve(squares, indices.map((i) => rows.reduce((sum, row, k) => sum + row[i] * values[k], 0)));
}

/**
 * Solves a system of linear equations by Gauss's elimination; the matrix is symmetric and positive definite.
 *
 * @param {readonly (readonly number[])[]} matrix
 * @param {readonly number[]} values
 * @returns {number[]}
 */
function solve(matrix, values) {
  const rows = matrix.map((row, i) => [...row, values[i]]);
  const count = rows.length;
  for (let pivot = 0; pivot < count; pivot++) {
    for (let i = pivot + 1; i < count; i++) {
      const share = rows[i][pivot] / rows[pivot][pivot];
      for (let j = pivot; j <= count; j++) rows[i][j] -= share * rows[pivot][j];
    }
  }
  const solution = new Array(count).fill(0);
  for (let i = count - 1; i >= 0; i--) {
    const known = solution.reduce((sum, value, j) => sum + value * rows[i][j], 0);
    solution[i] = (rows[i][count] - known) / rows[i][i];
  }
  return solution;
}

/**
 * Returns the rotation about a vector by about its length in radians, which is small.
 *
 * @param {Vector} vector
 * @returns {Matrix}
 */
function rotationAbout(vector) {
  const half = times(vector, 1 / 2);
  const w = 1 / Math.sqrt(1 + dot(half, half));
  const [x, y, z] = times(half, w);
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

/**
 * Returns the mean length of two rows, and the rotation whose first rows lie nearest to them.
 *
 * The sum and the difference of two unit vectors are at right angles, and so are the vectors half way between
 * them.
 *
 * @param {Vector} across
 * @param {Vector} down
 * @returns {?{scale: number, rotation: Matrix}} null where the rows have no direction, or the same one.
 */
function nearestRotation(across, down) {
  const lengths = [across, down].map((row) => Math.sqrt(dot(row, row)));
  if (Math.min(...lengths) < 1e-6 * Math.max(...lengths) + 1e-9) return null;
  const first = times(across, 1 / lengths[0]), second = times(down, 1 / lengths[1]);
  const cosine = dot(first, second);
  if (Math.abs(cosine) > 1 - 1e-6) return null;
  const plus = times(sumOf([first, second]), 1 / (2 * Math.sqrt(1 + cosine)));
  const minus = times(sumOf([first, times(second, -1)]), 1 / (2 * Math.sqrt(1 - cosine)));
  const [a, b, c] = sumOf([plus, minus]), [d, e, f] = sumOf([plus, times(minus, -1)]);
  return {
    scale: (lengths[0] + lengths[1]) / 2,
    rotation: [[a, b, c], [d, e, f], [b * f - c * e, c * d - a * f, a * e - b * d]],
  };
}

/** @param {Vector} a @param {Vector} b @returns {number} */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {Vector} vector @param {number} factor @returns {Vector} */
function times([x, y, z], factor) {
  return [x * factor, y * factor, z * factor];
}

/** @param {Vector[]} vectors @returns {Vector} */
function sumOf(vectors) {
  return vectors.reduce(([a, b, c], [x, y, z]) => [a + x, b + y, c + z], [0, 0, 0]);
}

/** @param {Matrix} left @param {Matrix} right @returns {Matrix} */
function multiply(left, right) {
  /** @param {Vector} row @returns {Vector} */
  const product = (row) => sumOf(right.map((other, i) => times(other, row[i])));
  return [product(left[0]), product(left[1]), product(left[2])];
}
