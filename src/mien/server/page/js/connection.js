const FIRST = 500, LONGEST = 5000; // milliseconds between tries

/** Whether the server answers: `lose` says it did not; "lost" and "back" events tell the page. */
class Connection extends EventTarget {
  there = true;

  /** Notes that the server did not answer, and asks until it does. */
  lose() {
    if (!this.there) return;
    this.there = false;
    this.dispatchEvent(new Event("lost"));
    setTimeout(() => this.#ask(FIRST), FIRST);
  }

  /** Resolves once the server answers: at once where it has not been lost. */
  whenBack() {
    if (this.there) return Promise.resolve();
    return new Promise((resolve) => this.addEventListener("back", () => resolve(), { once: true }));
  }

  async #ask(wait) {
    try {
      await fetch("/healthz");
    } catch {
      const longer = Math.min(wait * 1.5, LONGEST);
      setTimeout(() => this.#ask(longer), wait);
      return;
    }
    this.there = true;
    this.dispatchEvent(new Event("back"));
  }
}

export const connection = new Connection();
