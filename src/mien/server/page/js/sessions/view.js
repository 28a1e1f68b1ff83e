import { openList } from "./list.js";
import { openSession } from "./session.js";

/** The sessions that were recorded; or, with a number in the address, one of them. */
export function mount(root, context) {
  const leaving = new AbortController();
  const [number] = context.path;
  if (number) openSession(root, number, context, leaving);
  else openList(root, context, leaving.signal);
  return () => leaving.abort();
}
