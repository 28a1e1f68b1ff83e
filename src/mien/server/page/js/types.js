/**
 * What the server answers, as far as the page reads it. Types only; nothing here runs.
 *
 * @typedef {Record<string, number>} Probabilities a probability for each label, in the order of the
 *   model's labels.
 *
 * @typedef {object} Face
 * @property {number[]} box x, y, width and height in pixels of the image.
 * @property {string} emotion the most probable label, or "unsure".
 * @property {number} confidence
 * @property {Probabilities} probabilities
 * @property {Probabilities} [smoothed] over time; in videos and Live.
 * @property {Record<string, number>} [attributes] such as yaw, sharpness and brightness.
 * @property {number} [person] the person's id.
 * @property {string} [face_id] names a recent face in feedback.
 * @property {number} [id] names a recorded face in feedback.
 *
 * @typedef {object} Result one analyzed image.
 * @property {number} width
 * @property {number} height
 * @property {Face[]} faces
 * @property {string[]} [warnings] signs that the image is not what it should be.
 * @property {number} [waited] seconds that a live frame waited for the server's engine.
 *
 * @typedef {Result & {frame: number, time: number, source: ?string}} Frame one recorded image.
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {boolean} default whether the server uses it where none is named.
 * @property {string[]} [labels]
 * @property {string[]} [priors] the base rates that a request may name.
 * @property {?Record<string, number>} [base_rates] those of requests that name none; null for what it learned.
 *
 * @typedef {{model: ?string, prior: ?string, detector: ?string}} ModelChoice the server's own where null.
 *
 * @typedef {object} Explanation
 * @property {string} label
 * @property {Record<string, number>} regions the share of each part of the face.
 * @property {Record<string, number>} alike how like each label's faces it is; may be empty.
 * @property {string} image a PNG in Base64.
 *
 * @typedef {object} Session
 * @property {number} id
 * @property {string} name
 * @property {string} notes
 * @property {string} consent who agreed to what.
 * @property {number} dropped how many frames of the camera were not analyzed.
 * @property {"live"|"film"|"photo"} kind
 * @property {"recording"|"done"|"interrupted"} status
 * @property {number} started seconds since 1970.
 * @property {number} seconds the time of the last frame.
 * @property {?number} fps
 * @property {?number} width of the first frame.
 * @property {?number} height
 * @property {number} frames
 * @property {number} last_frame
 * @property {number} people
 * @property {?string} film the media type of a saved video.
 * @property {number} film_bytes
 * @property {boolean} annotated whether there is an annotated video.
 * @property {string} model
 * @property {string} model_version
 * @property {?string} profile
 *
 * @typedef {object} Person
 * @property {number} number the person's id.
 * @property {string} name empty where the user gave none.
 * @property {?number} merged_into
 * @property {?string} [thumbnail] the path of an image.
 *
 * @typedef {object} Marker
 * @property {number} id
 * @property {number} time seconds from the session's start.
 * @property {number} duration seconds; 0 is a moment, more an interval.
 * @property {?number} person the person's id; null for everybody.
 * @property {string} name
 * @property {string} condition
 * @property {string} code a label that a human coder gave.
 * @property {string} note
 * @property {boolean} excluded whether summaries leave out what lies within.
 *
 * @typedef {object} SessionDetail
 * @property {Session} session
 * @property {Person[]} people
 * @property {Marker[]} marks
 * @property {string[]} [labels] of the session's model.
 *
 * @typedef {object} Curve one person's timeline within a range.
 * @property {number} person
 * @property {number} visible seconds in view.
 * @property {Record<string, number>} seconds in view with each label.
 * @property {number[]} times of the points, ascending.
 * @property {number[]} frames of the points.
 * @property {string[]} labels of the points.
 * @property {Record<string, number[]>} values each label's probability at the points.
 * @property {number[]} parts the first point of each segment; between segments the person is out of view.
 *
 * @typedef {object} PersonFigures one person's figures within a stretch of a session.
 * @property {number} person
 * @property {number} visible seconds in view.
 * @property {Record<string, number>} shares of the time in view; empty where it is none.
 * @property {Probabilities} means
 * @property {Record<string, {time: number, value: number}>} peaks of each label.
 *
 * @typedef {object} Job
 * @property {number} id
 * @property {?number} session
 * @property {"analyze"|"annotate"} kind
 * @property {"queued"|"running"|"done"|"failed"|"cancelled"|"interrupted"} status
 * @property {number} progress from 0 to 1.
 * @property {number} frames
 * @property {number} faces
 * @property {string} message
 *
 * @typedef {object} Figures what a profile's corrections achieve, cross-validated.
 * @property {number} samples
 * @property {number} base_accuracy
 * @property {number} adapted_accuracy
 * @property {number} base_log_loss
 * @property {number} adapted_log_loss
 * @property {boolean} gate_open whether the corrections apply to all faces.
 * @property {?string} drift
 *
 * @typedef {object} ProfileVersion
 * @property {number} number
 * @property {number} created seconds since 1970.
 * @property {string} cause
 * @property {number} corrections
 * @property {boolean} gate_open
 *
 * @typedef {object} ProfileDetail
 * @property {string} name
 * @property {number} corrections
 * @property {?Figures} figures
 * @property {ProfileVersion[]} versions
 */
export {};
