// Something is looked for that takes a while, and only what was wanted last may come of it.

import { told } from './dom.js';

export class Search {
  #onFound;
  #current = null;

  /** What is found is handed on, unless something else is wanted meanwhile. */
  constructor(onFound) {
    this.#onFound = onFound;
  }

  /**
   * Looks for something else than before. Find is called with an AbortSignal and returns what it found, or null: nothing. Why it failed is said in
   * the problem's element.
   */
  start(problem, find) {
    this.cancel();
    const { signal } = this.#current = new AbortController();
    return told(problem, async () => {
      try {
        const found = await find(signal);
        if (found && !signal.aborted) this.#onFound(found);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
  }

  /** What is still looked for is not wanted any more. */
  cancel() {
    this.#current?.abort();
  }
}
