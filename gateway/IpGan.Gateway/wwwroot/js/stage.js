// The picture in the middle: shows answers, and says what they show.

import { byId } from './dom.js';
import { addressOf } from './person.js';
import { words } from './pose.js';

let answered = 0;

/** Shows a drawn image once it is decoded, and measures from the moment that asked for it to the frame that shows it. */
export async function show({ image, person, pose, models, asked }) {
  const picture = byId('picture');
  picture.src = addressOf(image);
  await picture.decode();
  picture.alt = `${person.label}: ${words(pose)}`;
  byId('stage').dataset.state = 'shown';
  byId('stage').dataset.answers = ++answered;
  await new Promise(requestAnimationFrame);
  const { duration } = performance.measure('turn', { start: asked });
  performance.clearMeasures('turn');
  byId('caption-pose').textContent = words(pose);
  byId('caption-models').textContent =
    `models ${models.identityEncoder} · ${models.poseEncoder} · ${models.generator} — ${Math.round(duration)} ms`;
}

export function busy(isBusy) {
  byId('stage').setAttribute('aria-busy', String(isBusy));
}

let waiting = 0;

/** Tells screen readers what is shown, once it rests. */
export function announceSoon(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => { byId('announcer').textContent = text; }, 500);
}
