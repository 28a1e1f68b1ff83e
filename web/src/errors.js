/**
 * An error that Mien raises on purpose: what is wrong, with what, and the remedy, as data.
 *
 * @example
 * try { await mien.analyze(file); } catch (error) { if (error instanceof MediaError) show(error.message); }
 */
export class MienError extends Error {
  name = "MienError"; // written out in each class: minifiers change the names of classes
  /** @type {?string} what it is wrong with: a file, a field; null where the reason names it. */
  subject;
  /** @type {?string} what to do, a clause without a full stop; null where the reason is the whole message. */
  remedy;

  /**
   * @param {string} reason what is wrong, a clause that follows the subject.
   * @param {{subject?: ?string, remedy?: ?string}} [parts]
   */
  constructor(reason, { subject = null, remedy = null } = {}) {
    const advice = remedy === null ? reason : `${reason}; ${remedy}.`;
    super(subject === null ? advice : `${subject}: ${advice}`);
    this.reason = reason;
    this.subject = subject;
    this.remedy = remedy;
  }
}

/** An image, a video or a camera cannot be read. */
export class MediaError extends MienError {
  name = "MediaError";
}

/** A model file is missing, or breaks the contract. */
export class ModelError extends MienError {
  name = "ModelError";
}

/** A profile cannot be used. */
export class ProfileError extends MienError {
  name = "ProfileError";
}

/** A baseline cannot be found, or used. */
export class StudyError extends MienError {
  name = "StudyError";
}

/** The browser lacks what is needed. */
export class UnsupportedError extends MienError {
  name = "UnsupportedError";
}

/** It was closed. */
export class ClosedError extends MienError {
  name = "ClosedError";
}

const KINDS = { MienError, MediaError, ModelError, ProfileError, StudyError, UnsupportedError, ClosedError };

/** @typedef {{name: string, reason: string, subject: ?string, remedy: ?string}} PlainError */

/**
 * Returns what crosses from a worker to its page.
 *
 * @param {unknown} error
 * @returns {PlainError}
 */
export function toPlain(error) {
  if (error instanceof MienError) {
    return { name: error.name, reason: error.reason, subject: error.subject, remedy: error.remedy };
  }
  return { name: "MienError", reason: String(error), subject: null, remedy: null };
}

/**
 * Makes an error of its kind anew.
 *
 * @param {PlainError} plain
 * @returns {MienError}
 */
export function fromPlain({ name, reason, subject, remedy }) {
  const Kind = KINDS[/** @type {keyof typeof KINDS} */ (name)] ?? MienError;
  return new Kind(reason, { subject, remedy });
}
