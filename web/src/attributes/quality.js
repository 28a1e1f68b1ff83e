const FLAT = 1; // variance of gray values below which a crop shows nothing that could be sharp

/**
 * Measures how sharp a face is: the variance of the Laplacian over the variance of the crop.
 *
 * J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", 2000.
 * Dividing by the crop's own variance takes light and contrast out of it.
 *
 * @param {Uint8Array} gray side × side.
 * @param {number} side
 * @returns {number} 0 for a crop of one gray.
 */
export function measureSharpness(gray, side) {
  const whole = varianceOf(gray);
  if (whole <= FLAT) return 0;
  const laplacian = new Float64Array((side - 2) ** 2);
  for (let y = 1, i = 0; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++, i++) {
      const at = y * side + x;
      laplacian[i] = gray[at - side] + gray[at + side] + gray[at - 1] + gray[at + 1] - 4 * gray[at];
    }
  }
  return varianceOf(laplacian) / whole;
}

/** Measures the mean gray value, 0 to 255. @param {Uint8Array} gray @returns {number} */
export function measureBrightness(gray) {
  return gray.reduce((sum, value) => sum + value, 0) / gray.length;
}

/** @param {Uint8Array|Float64Array} values @returns {number} */
function varianceOf(values) {
  let sum = 0, squares = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return squares / values.length;
}
