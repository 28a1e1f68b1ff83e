/** A person's timeline as the server answers it: see mien.server.timeline.Curve. */

/** How many of the ascending numbers are at most `value`. */
export function countUpTo(numbers, value, low = 0, high = numbers.length) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first and the last point of each part between two times out of view. */
export function* partsOf(curve) {
  for (const [at, first] of curve.parts.entries()) {
    yield [first, (curve.parts[at + 1] ?? curve.times.length) - 1];
  }
}

/**
 * The point that stands at a time; -1 where the person is not in view.
 *
 * @param {number} interval for how many seconds a part's last record stands.
 */
export function pointAt(curve, time, interval) {
  for (const [first, last] of partsOf(curve)) {
    if (time >= curve.times[first] && time <= curve.times[last] + interval) {
      return countUpTo(curve.times, time, first, last + 1) - 1;
    }
  }
  return -1;
}

/** Labels and their parts of the time in view, the longest first; those never shown are left out. */
export function sharesOf(curve) {
  return Object.entries(curve.seconds)
    .filter(([, seconds]) => seconds > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([label, seconds]) => ({ label, part: seconds / curve.visible }));
}
