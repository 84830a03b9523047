// The view "Turn": whenever the person or the pose changes, the newest pair is drawn.

import { byId, told } from './dom.js';
import { Latest } from './latest.js';
import { rotate } from './person.js';
import { pose, targetOf, words } from './pose.js';
import { Store } from './store.js';
import { announceSoon, busy, show } from './stage.js';
import { forgetStrip, showStrip } from './strip.js';

/** The person on the stage; null until one is chosen. */
export const person = new Store(null);

const size = 256;
// The strip follows when the head rests: on the way it would only slow the picture down.
const rest = 150;
let resting = 0;

const live = new Latest(async (asked, signal) => {
  busy(true);
  const shown = await told(byId('stage-problem'), async () => {
    const answer = await rotate(asked.person, () => [targetOf(asked.pose)], { size }, signal, () => asked.pose.photo?.forget() ?? false);
    await show({ ...asked, image: answer.images[0], models: answer.models });
    announceSoon(`${asked.person.label}: ${words(asked.pose)}`);
    return true;
  });
  busy(false);
  if (shown) followWithStrip();
});

export function startTurn() {
  pose.onChange(() => { if (person.value) live.push(now()); });
  person.onChange((next, before) => {
    // The share of a mix is dragged as the pose is: what is on its way is a picture of the drag.
    if (before?.isMixedAs(next)) live.push(now());
    else live.replace(now());
  });
}

/** Draws again what is shown: other models answer now, and an encoder that changed makes its vectors anew, though the old ones may be understood for a while. */
export function drawAgain(serving, before) {
  forgetStrip();
  if (serving.identityEncoder !== before?.identityEncoder) person.value?.forget();
  if (serving.poseEncoder !== before?.poseEncoder) pose.value.photo?.forget();
  if (person.value) live.push(now());
}

const now = () => ({ person: person.value, pose: pose.value, asked: performance.now() });

function followWithStrip() {
  clearTimeout(resting);
  resting = setTimeout(() => { if (live.idle) showStrip(person.value, pose.value); }, rest);
}
