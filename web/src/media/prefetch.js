/** @import { TimedFrame } from "./frames.js" */

/**
 * Reads the next frame while the caller works on this one. A frame that is not taken any more is closed.
 *
 * @param {AsyncGenerator<TimedFrame>} frames
 * @returns {AsyncGenerator<TimedFrame>}
 */
export async function* prefetch(frames) {
  let next = read(frames);
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = read(frames);
      yield value;
    }
  } finally {
    const image = await next.then(({ value }) => value?.image, () => null);
    if (image && "close" in image) image.close();
    await frames.return(undefined);
  }
}

/** @param {AsyncGenerator<TimedFrame>} frames */
function read(frames) {
  const next = frames.next();
  next.catch(() => {}); // whoever awaits it is told
  return next;
}
