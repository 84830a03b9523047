// Who is on the stage: chosen, or mixed from two.

import { Chooser } from './chooser.js';
import { byId, make, icon } from './dom.js';
import { mark, pick, take } from './intake.js';
import { models } from './models.js';
import { between, inPhotos, withPhoto } from './person.js';
import { Slot } from './slot.js';
import { person } from './turn.js';

let chosen = null;

export function startPersonPanel() {
  const chooser = new Chooser(byId('chooser'), choose);
  const mixWith = new Slot(byId('mix-slot'), 'Mix with', byId('person-problem'), mix);
  const amount = byId('mix-amount');
  amount.addEventListener('input', mix);

  function put(next) {
    chosen = next;
    amount.value = 0;
    mix();
  }

  function choose(next) {
    put(next);
    // On a small screen the picture may be below.
    byId('stage').parentElement.scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
  }

  function mix() {
    amount.disabled = chosen === null || mixWith.person === null;
    byId('mix-value').textContent = `${amount.value} %`;
    if (chosen === null) return;
    const share = mixWith.person === null ? 0 : amount.valueAsNumber / 100;
    person.set(share > 0 ? between(chosen, mixWith.person, share) : chosen);
  }

  // Both are ways to choose, so that whoever is chosen meanwhile ends them.
  byId('mark-face').addEventListener('click', () => chooser.choose(async signal => {
    const taken = await mark(chosen.photos[0], signal);
    return taken && inPhotos([taken]);
  }, byId('person-problem')));
  byId('add-photo').addEventListener('click', () => chooser.choose(async signal => {
    const before = chosen;
    const taken = await take(await pick(), signal);
    return taken && withPhoto(before, taken, signal);
  }, byId('person-problem')));
  person.onChange(() => {
    byId('person-thumbnail').replaceChildren(chosen.thumbnail ? make('img', { src: chosen.thumbnail, alt: '', width: 128, height: 128 }) : icon('face'));
    byId('person-label').textContent = chosen.label;
    byId('person-note').textContent = noteOf(chosen);
    byId('mark-face').hidden = chosen.photos.length !== 1;
    byId('add-photo').hidden = chosen.photos.length === 0;
    byId('person-now').hidden = false;
  });

  // Until somebody is chosen the first of those whom nobody is shows what the page does. Services may start later than the page: when they answer, who could
  // not be drawn is tried again.
  let asking = false;
  let again = false;
  async function begin() {
    again = asking;
    if (asking || chosen !== null) return;
    asking = true;
    const people = await chooser.makeUpPeople();
    asking = false;
    if (people && chosen === null) put(people[0]);
    else if (again) begin();
  }
  models.onChange(now => { if (now.serving) begin(); });
  begin();
}

function noteOf({ photos, agreement }) {
  if (photos.length === 0) return 'Nobody: drawn from the prior';
  if (photos.length > 1) return `${photos.length} photos, which agree by ${agreement.map(cosine => cosine.toFixed(2)).join(', ')}`;
  return photos[0].face ? 'Cut by the crop rule' : 'Square: taken as cut already';
}
