/**
 * Inverts a symmetric positive definite matrix, by Gauss and Jordan, which needs no pivot there.
 *
 * @param {readonly Float64Array[]} matrix
 * @returns {Float64Array[]}
 */
export function inverse(matrix) {
  const size = matrix.length;
  const rows = matrix.map((row, i) => {
    const extended = new Float64Array(2 * size);
    extended.set(row);
    extended[size + i] = 1;
    return extended;
  });
  for (let pivot = 0; pivot < size; pivot++) {
    const row = rows[pivot], scale = 1 / row[pivot];
    for (let column = pivot; column < 2 * size; column++) row[column] *= scale;
    for (let other = 0; other < size; other++) {
      const factor = rows[other][pivot];
      if (other === pivot || factor === 0) continue;
      for (let column = pivot; column < 2 * size; column++) rows[other][column] -= factor * row[column];
    }
  }
  return rows.map((row) => row.slice(size));
}
