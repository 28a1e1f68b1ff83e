/** What `usable_reason` says, by its number. */
export const REASONS = ["usable", "small", "blurred", "dark", "bright", "turned", "uncertain"];

const MIN_SIDE = 30; // pixels
const MIN_SHARPNESS = 0.06;
const MIN_BRIGHTNESS = 30, MAX_BRIGHTNESS = 230;
const MAX_YAW = 45, MAX_PITCH = 40; // degrees to either side
const MIN_SCORE = 0.9; // the detector's

/**
 * Judges whether a face is fit to be judged; the first rule that fails is the reason. What was not measured
 * fails no rule.
 *
 * @param {Record<string, number|undefined>} measured
 * @param {?number} score of the detector; null for an image that is a cropped face.
 * @returns {number} an index of `REASONS`.
 */
export function judgeUsable(measured, score) {
  const { side = MIN_SIDE, sharpness = MIN_SHARPNESS, brightness = MIN_BRIGHTNESS, yaw = 0, pitch = 0 } = measured;
  /** @type {[string, boolean][]} */
  const rules = [
    ["small", side < MIN_SIDE],
    ["blurred", sharpness < MIN_SHARPNESS],
    ["dark", brightness < MIN_BRIGHTNESS],
    ["bright", brightness > MAX_BRIGHTNESS],
    ["turned", Math.abs(yaw) > MAX_YAW || Math.abs(pitch) > MAX_PITCH],
    ["uncertain", score !== null && score < MIN_SCORE],
  ];
  return REASONS.indexOf(rules.find(([, failed]) => failed)?.[0] ?? "usable");
}
