/**
 * Runs an action once its calls pause, or at once.
 *
 * @param {() => unknown} action
 * @param {number} pause milliseconds.
 * @param {AbortSignal} signal cancels what is still to come.
 */
export function debounce(action, pause, signal) {
  let timer = 0;
  const cancel = () => clearTimeout(timer);
  signal.addEventListener("abort", cancel);
  const now = () => {
    cancel();
    action();
  };
  const later = () => {
    cancel();
    timer = setTimeout(action, pause);
  };
  return { now, later, cancel };
}

/**
 * Runs an action at most once per frame of the screen.
 *
 * @param {() => void} action
 */
export function oncePerFrame(action) {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      action();
    });
  };
}
