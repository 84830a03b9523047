// Of many requests only the newest matters: at most one task is in flight, and of those that wait only the last is kept.

export class Latest {
  #work;
  #running = null;
  #waiting = null;

  /** The work is called with a request and an AbortSignal, and puts its own failures into words. */
  constructor(work) {
    this.#work = work;
  }

  /** True when nothing is in flight. */
  get idle() {
    return this.#running === null;
  }

  /** After the one in flight, instead of any that waits. */
  push(request) {
    this.#waiting = { request };
    if (this.idle) this.#drain();
  }

  /** As push; the one in flight is cut off, because nobody wants its answer any more. */
  replace(request) {
    this.#running?.abort();
    this.push(request);
  }

  async #drain() {
    while (this.#waiting !== null) {
      const { request } = this.#waiting;
      this.#waiting = null;
      this.#running = new AbortController();
      try {
        await this.#work(request, this.#running.signal);
      } finally {
        this.#running = null;
      }
    }
  }
}
