// A value that the parts of the page share, and are told of when it changes.

export class Store {
  #value;
  #listeners = [];

  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  set(value) {
    const before = this.#value;
    this.#value = value;
    for (const listener of this.#listeners) listener(value, before);
  }

  /** Calls the listener with the new value and the one before, at every change from now on. */
  onChange(listener) {
    this.#listeners.push(listener);
  }
}
