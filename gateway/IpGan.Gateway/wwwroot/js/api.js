// The gateway's REST API: requests, errors in words, and the key when one is asked for.

import { askForKey, currentKey, keyHeader } from './key.js';

export class ApiError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** Sends JSON and returns the answer's. */
export async function post(path, body, signal) {
  const answer = await send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  return answer.json();
}

/** The messages of a stream, which the gateway sends as lines of JSON. */
export async function* stream(path, signal) {
  const answer = await send(path, { signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read().catch(lost);
    if (done) return;
    const lines = (text + value).split('\n');
    text = lines.pop();
    for (const line of lines.filter(l => l.trim() !== '')) yield JSON.parse(line);
  }
}

async function send(path, options) {
  for (let key = currentKey(); ;) {
    const answer = await reach(path, { ...options, headers: { ...options.headers, ...keyHeader() } });
    if (answer.ok) return answer;
    const message = await problemOf(answer);
    if (answer.status !== 401) throw new ApiError(message, answer.status);
    key = await askForKey(key, message);
    if (key === null) throw new ApiError('The gateway asks for a key or token. Reload this page to give one.', 401);
  }
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    return lost(error);
  }
}

function lost(error) {
  throw error.name === 'AbortError' ? error : new ApiError('The gateway cannot be reached.');
}

/** Both shapes are understood: application/problem+json and google.rpc.Status. */
async function problemOf(answer) {
  const body = await answer.json().catch(() => ({}));
  return body.detail || body.message || body.title || `The gateway answered ${answer.status} ${answer.statusText}.`;
}
