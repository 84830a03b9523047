// Whom? A photo of one's own, an example, or somebody made up. The same in the panel of the view "Turn" and in the dialog.

import { ask } from './ask.js';
import { byId, icon, make, told } from './dom.js';
import { acceptDrops, acceptPastes, pick, take } from './intake.js';
import { addressOf, inPhotos, madeUp, rotate } from './person.js';
import { fetchPhoto } from './photo.js';
import { Search } from './search.js';

const examples = 6;
const people = 6;
const choosers = [];

/** What is dropped beside everything or pasted goes to the chooser in front. */
export function startChoosers() {
  const takeInFront = file => choosers.find(chooser => chooser.isInFront)?.takeFile(file);
  acceptDrops(document.documentElement, takeInFront);
  acceptPastes(takeInFront);
}

export class Chooser {
  #element;
  #problem = make('p', { className: 'problem', role: 'alert', hidden: true });
  #made = make('div', { className: 'thumbs' });
  #seed = Math.floor(Math.random() * 1e6);
  #search;

  constructor(element, onPerson) {
    this.#element = element;
    this.#search = new Search(onPerson);
    const well = make('div', { className: 'well' },
      make('div', { className: 'row' },
        make('button', { type: 'button', className: 'primary', onclick: async () => this.takeFile(await pick()) }, icon('photo'), 'Choose a photo'),
        make('button', { type: 'button', className: 'camera', onclick: async () => this.takeFile(await pick({ camera: true })) }, icon('camera'), 'Take one')),
      make('p', { className: 'hint', textContent: 'or drop or paste one. It stays between this page and your gateway.' }));
    acceptDrops(well, file => this.takeFile(file));
    element.append(
      well,
      this.#problem,
      make('h3', { textContent: 'Examples' }),
      make('div', { className: 'thumbs' }, ...Array.from({ length: examples }, (_, i) => this.#example(i + 1))),
      make('div', { className: 'row heading' },
        make('h3', { textContent: 'Made up' }),
        make('button', { type: 'button', onclick: () => this.makeUpPeople() }, icon('dice'), 'New people')),
      this.#made);
    choosers.push(this);
  }

  get isInFront() {
    const dialog = [...document.querySelectorAll('dialog[open]')].pop();
    return dialog ? dialog.contains(this.#element) : this.#element.checkVisibility();
  }

  /** What is still being fetched is not wanted any more. */
  forget() {
    this.#search.cancel();
  }

  /** Hands on whom find finds, instead of whom is still looked for here; see Search. */
  choose(find, problem = this.#problem) {
    return this.#search.start(problem, find);
  }

  takeFile(file) {
    return this.choose(async signal => {
      const taken = await take(file, signal);
      return taken && inPhotos([taken]);
    });
  }

  /** Draws as many new people as there is room for, and returns them; undefined if that failed, which is said then. */
  makeUpPeople() {
    const drawn = Array.from({ length: people }, () => madeUp(this.#seed++));
    const places = drawn.map(() => make('span', { className: 'thumb-empty' }, icon('face')));
    this.#made.replaceChildren(...places);
    return told(this.#problem, () => Promise.all(drawn.map(async (person, i) => {
      const answer = await rotate(person, () => [{ angles: {} }], { size: 128 });
      person.thumbnail = addressOf(answer.images[0]);
      places[i].replaceWith(this.#thumbnail(person.thumbnail, person.label, () => person));
      return person;
    })));
  }

  #example(number) {
    const address = `examples/${number}.jpg`;
    return this.#thumbnail(address, `Example ${number}`, async () => {
      const { content, picture } = await fetchPhoto(address);
      const label = `Example ${number}`;
      return inPhotos([{ image: { content, cropped: true }, thumbnail: address, label, photo: { content, picture, label }, face: null, faces: null }]);
    });
  }

  #thumbnail(address, label, person) {
    return make('button', { type: 'button', 'aria-label': label, onclick: () => this.choose(person) },
      make('img', { src: address, alt: '', width: 128, height: 128 }));
  }
}

let dialogChooser = null;
let chosen = null;

/** Asks for a person in a dialog. Null: the user gave up. */
export function choosePerson(title, onStage) {
  const dialog = byId('person-dialog');
  const choose = person => {
    chosen = person;
    dialog.close();
  };
  dialogChooser ??= new Chooser(byId('person-dialog-chooser'), choose);
  return ask(dialog, () => {
    chosen = null;
    if (byId('person-dialog-chooser').querySelector('.thumbs:last-child').childElementCount === 0) dialogChooser.makeUpPeople();
    byId('person-dialog-title').textContent = title;
    const own = byId('person-on-stage');
    own.hidden = onStage === null;
    own.onclick = () => choose(onStage);
  }, () => {
    dialogChooser.forget();
    return chosen;
  });
}
