// A place for a person: a button that shows him, asks for another, and takes dropped photos.

import { choosePerson } from './chooser.js';
import { icon, make } from './dom.js';
import { acceptDrops, take } from './intake.js';
import { inPhotos } from './person.js';
import { Search } from './search.js';
import { person as onStage } from './turn.js';

export class Slot {
  person = null;
  #button;
  #name;
  #onChange;

  /** The button is the place; the name is what it is called in words; what goes wrong is said in the problem's element. */
  constructor(button, name, problem, onChange) {
    [this.#button, this.#name, this.#onChange] = [button, name, onChange];
    const search = new Search(person => this.#put(person));
    button.addEventListener('click', () => search.start(problem, () => choosePerson(name, onStage.value)));
    acceptDrops(button, file => search.start(problem, async signal => {
      const taken = await take(file, signal);
      return taken && inPhotos([taken]);
    }));
    this.#show();
  }

  #put(person) {
    this.person = person;
    this.#show();
    this.#onChange();
  }

  #show() {
    const { person } = this;
    this.#button.setAttribute('aria-label', `${this.#name}: ${person ? person.label : 'choose'}`);
    this.#button.replaceChildren(person?.thumbnail
      ? make('img', { src: person.thumbnail, alt: '', width: 128, height: 128 })
      : icon(person ? 'face' : 'plus'));
  }
}
