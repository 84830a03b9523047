// The film strip: the person from one end of the reach to the other, at the pitch and roll of the moment.

import { byId, icon, make, told } from './dom.js';
import { Latest } from './latest.js';
import { addressOf, rotate } from './person.js';
import { degrees, pose, reach, turnTo } from './pose.js';

const frames = 13;

/** The sweep for the API. */
export function sweepOf({ pitch, roll }, steps) {
  const { yawMin, yawMax } = reach.value;
  return { sweep: { yawFrom: yawMin, yawTo: yawMax, steps, pitch, roll } };
}

const yawOf = frame => Math.round(reach.value.yawMin + (reach.value.yawMax - reach.value.yawMin) * frame / (frames - 1));

// What was asked for last.
let shown = null;

const strip = new Latest(async ({ person, at }, signal) => {
  const drawn = await told(byId('strip-problem'), async () => {
    const answer = await rotate(person, () => [sweepOf(at, frames)], { size: 128 }, signal);
    const buttons = answer.images.map((image, i) => make('button', {
      type: 'button', 'aria-label': `Turn to yaw ${degrees(yawOf(i))}`, onclick: () => turnTo({ yaw: yawOf(i) }),
    }, make('img', { src: addressOf(image), alt: '', width: 128, height: 128 }), make('span', { textContent: degrees(yawOf(i)) })));
    const hadFocus = [...byId('strip').children].indexOf(document.activeElement);
    byId('strip').replaceChildren(...buttons);
    byId('strip').setAttribute('aria-label', `Film strip: ${person.label}`);
    if (hadFocus >= 0) buttons[hadFocus]?.focus();
    mark();
    return true;
  });
  if (!drawn && shown === at) shown = null;
});

/** Draws the strip anew if the person, pitch or roll is another than that of the strip shown. */
export function showStrip(person, { pitch, roll }) {
  if (shown?.person === person && shown.pitch === pitch && shown.roll === roll) return;
  shown = { person, pitch, roll };
  strip.replace({ person, at: shown });
}

/** The next showStrip draws it anew: the models are others. */
export const forgetStrip = () => { shown = null; };

/** Empty frames until the first person comes. */
export function startStrip() {
  byId('strip').replaceChildren(...Array.from({ length: frames }, () => make('span', { className: 'frame-empty' }, icon('face'))));
  pose.onChange(mark);
}

function mark() {
  const yaws = Array.from({ length: frames }, (_, i) => Math.abs(yawOf(i) - pose.value.yaw));
  const nearest = yaws.indexOf(Math.min(...yaws));
  for (const [i, frame] of [...byId('strip').children].entries()) {
    if (frame.tagName === 'BUTTON') frame.setAttribute('aria-current', String(i === nearest));
  }
}
