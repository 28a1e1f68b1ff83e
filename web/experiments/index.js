/** `mien/trial`: what a framework without a component of its own needs. */
export { ExperimentCamera } from "./camera.js";
export { TEXTS, askForCamera } from "./consent.js";
export { useNeutralFace } from "./neutral.js";
export { TrialRecorder, summarizeTrial, toColumns } from "./trial.js";
