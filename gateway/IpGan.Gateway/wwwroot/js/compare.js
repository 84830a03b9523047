// Are these two photos of one person?

import { post } from './api.js';
import { byId, told } from './dom.js';
import { Latest } from './latest.js';
import { Slot } from './slot.js';

export function startCompare() {
  const compare = new Latest(async ({ a, b }, signal) => {
    byId('verdict').hidden = true;
    byId('verdict-words').textContent = '';
    await told(byId('compare-problem'), async () => {
      const both = () => post('/v1/compare', { a: a.source, b: b.source }, signal);
      show(await both().catch(error => {
        // Vectors that were kept may be from a space that is gone.
        if (error.status !== 400 || ![a.forget(), b.forget()].includes(true)) throw error;
        return both();
      }));
    });
  });
  const changed = () => { if (a.person && b.person) compare.replace({ a: a.person, b: b.person }); };
  const a = new Slot(byId('compare-a'), 'First person', byId('compare-problem'), changed);
  const b = new Slot(byId('compare-b'), 'Second person', byId('compare-problem'), changed);
}

function show({ score = 0, threshold, samePerson, modelVersion }) {
  const place = value => `${(Math.min(1, Math.max(-1, value)) + 1) * 50}%`;
  byId('score-mark').style.left = place(score);
  byId('threshold-mark').hidden = threshold === undefined;
  if (threshold !== undefined) byId('threshold-mark').style.left = place(threshold);
  byId('score').textContent = score.toFixed(2);
  byId('verdict').dataset.same = samePerson === undefined ? 'unknown' : String(samePerson);
  byId('verdict').hidden = false;
  byId('verdict-words').textContent = decision(samePerson);
  byId('verdict-note').textContent = threshold === undefined
    ? 'Cosine of the two identity vectors. The identity encoder\'s package carries no threshold to decide by.'
    : `Cosine of the two identity vectors, by identity encoder ${modelVersion}; one person from ${threshold.toFixed(2)} on.`;
}

function decision(samePerson) {
  if (samePerson === undefined) return 'How alike they are';
  return samePerson ? 'Probably one person' : 'Probably two people';
}
