// The API key or token: asked for when the gateway wants one, kept until the tab is closed.

import { ask } from './ask.js';
import { byId, tell } from './dom.js';

const storage = 'ipgan-key';
// "token", or nothing for a key.
const kindStorage = 'ipgan-key-kind';
let asking = null;
let declined = false;

export const currentKey = () => sessionStorage.getItem(storage);

/** The header that carries the current key or token; none without one. */
export function keyHeader() {
  const key = currentKey();
  if (key === null) return {};
  return sessionStorage.getItem(kindStorage) === 'token' ? { authorization: `Bearer ${key}` } : { 'x-api-key': key };
}

/**
 * Asks for a key or token, once for all that wait. Null: the user would rather not give one, and is not asked again.
 * The refused key is what the caller just tried: if another has been given meanwhile, that one is returned at once.
 */
export function askForKey(refused, message) {
  if (currentKey() !== refused) return Promise.resolve(currentKey());
  if (declined) return Promise.resolve(null);
  asking ??= askInDialog(refused === null ? '' : message).finally(() => { asking = null; });
  return asking;
}

function askInDialog(message) {
  const [input, kind] = [byId('key-input'), byId('key-kind')];
  const label = () => { byId('key-label').textContent = kind.selectedOptions[0].text; };
  return ask(byId('key-dialog'), () => {
    tell(byId('key-problem'), message);
    input.value = '';
    kind.onchange = label;
    label();
    input.focus();
  }, answer => {
    // As copied from elsewhere: with the word before it.
    const key = answer === 'ok' ? input.value.replace(/^\s*Bearer\s/i, '').trim() : '';
    declined = key === '';
    if (declined) return null;
    sessionStorage.setItem(storage, key);
    sessionStorage.setItem(kindStorage, kind.value);
    return key;
  });
}
