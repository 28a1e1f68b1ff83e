/**
 * What the parts pass to each other. Coordinates are pixels of the upright image, x to the right and y
 * down, origin at the top left.
 *
 * @typedef {{width: number, height: number, channels: 3|4, data: Uint8Array|Uint8ClampedArray}} Image
 *   Upright, row by row, RGB, or RGBA whose alpha does not count. It is never changed.
 * @typedef {[number, number]} Point
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{side: number, color: "gray"|"rgb"}} FaceFormat of a crop: side² or side² × 3 bytes.
 *
 * @typedef {{box: Box, score: number, landmarks: Point[], turned: number}} Detection
 *   `score` is 0 to 1; `landmarks` are left eye, right eye, nose, left and right mouth corner, as the viewer
 *   of the upright face sees them; `turned` is by how many degrees the image had to be turned,
 *   counter-clockwise, to find the face.
 * @typedef {{detect(image: Image): Promise<Detection[]>}} FaceDetector the faces, from the largest.
 *
 * @typedef {{type: "uint8"|"float32", dims: readonly number[], data: Uint8Array|Float32Array}} Tensor
 * @typedef {{run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>}} Network
 *
 * @typedef {{name: string, unit: string, description: string}} Quantity one number measured of a face.
 *
 * @typedef {Object} Face as `mien predict --json` and the REST API have it.
 * @property {[number, number, number, number]} box x, y, width, height.
 * @property {?number} score of the detector; null for an image that is a cropped face.
 * @property {Point[]} landmarks
 * @property {string} emotion the label that is displayed, or "unsure".
 * @property {number} confidence the displayed probability of that label.
 * @property {Record<string, number>} probabilities calibrated; they sum to 1.
 * @property {number} [person] in a stream: the id that the same person keeps, from 1.
 * @property {number} [turned]
 * @property {Record<string, number>} [smoothed] in a stream: the probabilities smoothed over time.
 * @property {Record<string, number>} [attributes]
 *
 * @typedef {Object} Result of one image, or one frame of a stream.
 * @property {string} source
 * @property {number} frame from 0.
 * @property {number} time in seconds, from 0.
 * @property {number} width
 * @property {number} height
 * @property {string} [clock] when it was taken, ISO 8601 in UTC.
 * @property {string} [prior] the base rates, where they are not the model's own.
 * @property {string} [detector]
 * @property {string[]} [warnings] of `analyze`: signs that the image is not what it should be.
 * @property {Face[]} faces from the largest.
 */
export {};
