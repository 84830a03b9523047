// Which versions are loaded where: live, with the means to swap and to roll back.

import { post, stream } from './api.js';
import { byId, make, tell, told } from './dom.js';
import { changes, keyOf, roleWords, servingWords, stateWords } from './model-events.js';
import { Store } from './store.js';

// Three heartbeats.
const longestQuiet = 10_000;
const longestPause = 10_000;
const eventsKept = 100;
const problems = new Map();

/** The last snapshot; null until the first comes. */
export const models = new Store(null);

export function startModels() {
  models.onChange((now, before) => {
    byId('status').dataset.state = now.serving ? 'good' : 'bad';
    byId('status-words').textContent = now.serving ? Object.values(now.serving).join(' · ') : 'not serving';
    byId('serving').textContent = now.note && now.serving ? `${servingWords(now)} ${now.note}` : servingWords(now);
    const news = before ? changes(before, now) : [];
    if (before && news.length === 0) return;
    log(news);
    showServices(now.services ?? []);
  });
  watch();
}

/** Follows the stream for ever; after a loss, with growing pauses. */
async function watch() {
  for (let pause = 500; ; pause = Math.min(longestPause, pause * 2)) {
    const cut = new AbortController();
    let quiet = 0;
    const alive = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => cut.abort(), longestQuiet);
    };
    try {
      alive();
      for await (const snapshot of stream('/v1/models:watch', cut.signal)) {
        alive();
        tell(byId('watch-problem'), '');
        pause = 500;
        if (snapshot.services) models.set(snapshot);
      }
    } catch (error) {
      tell(byId('watch-problem'), error.name === 'AbortError' ? 'The gateway has fallen silent.' : error.message);
      byId('status').dataset.state = 'lost';
      byId('status-words').textContent = 'no connection';
    }
    clearTimeout(quiet);
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}

function log(news) {
  const time = new Date().toLocaleTimeString();
  byId('events-empty').hidden ||= news.length > 0;
  byId('events').prepend(...news.map(text => make('li', {}, make('time', { textContent: time }), make('span', { textContent: text }))).reverse());
  while (byId('events').childElementCount > eventsKept) byId('events').lastChild.remove();
}

function showServices(services) {
  const focused = document.activeElement?.id;
  byId('services').replaceChildren(...services.map(card));
  if (focused && document.activeElement === document.body) byId(focused)?.focus();
}

/** The place for a service's problems; it outlives the card, which is made anew at every change. */
function problemOf(key) {
  if (!problems.has(key)) problems.set(key, make('p', { className: 'problem', role: 'alert', hidden: true }));
  return problems.get(key);
}

function card(service) {
  const problem = problemOf(keyOf(service));
  const name = roleWords(service.role);
  const title = name[0].toUpperCase() + name.slice(1);
  const set = (button, version) => told(problem, async () => {
    button.disabled = true;
    try {
      await post('/v1/models:setVersion', { role: service.role, version });
    } finally {
      button.disabled = false;
    }
  });
  const act = (text, label, version) => make('button', {
    type: 'button', id: `set-${keyOf(service)}-${version}`, textContent: text, 'aria-label': label, onclick: event => set(event.currentTarget, version),
  });
  const follows = !service.pinnedVersion;
  return make('article', { className: 'panel service' },
    make('header', {},
      make('h2', { textContent: title }),
      make('p', { className: 'hint' },
        make('span', { className: `dot ${service.reachable ? 'good' : 'bad'}` }),
        `${service.reachable ? '' : 'lost: '}${service.address}${service.device ? ` · ${service.device}` : ''}`)),
    make('p', { className: 'row' },
      make('span', { textContent: follows ? 'Follows the newest version.' : `Set to version ${service.pinnedVersion}.` }),
      follows ? null : act('Follow the newest', `${title}: follow the newest version`, '')),
    make('ul', { className: 'versions' }, ...(service.models ?? []).map(model => version(model, act, title))),
    problem);
}

function version(model, act, title) {
  const canServe = !model.active && ['MODEL_STATE_READY', 'MODEL_STATE_CANARY', 'MODEL_STATE_AVAILABLE'].includes(model.state);
  const facts = [model.identitySpace, model.poseSpace].filter(Boolean).map(space => `${space.name}, ${space.dimension} numbers`);
  if (model.imageSize) facts.push(`${model.imageSize} px`);
  if (model.created) facts.push(new Date(model.created).toLocaleString());
  if (model.verification) {
    const { accuracy = 0, threshold = 0, measuredOn } = model.verification;
    facts.push(`${(accuracy * 100).toFixed(1)} % of pairs told right from ${threshold.toFixed(2)} on${measuredOn ? `, ${measuredOn}` : ''}`);
  }
  if (model.finder) {
    const { recall = 0, precision = 0, threshold = 0, measuredOn } = model.finder;
    facts.push(`finds ${(recall * 100).toFixed(1)} % of faces, ${(precision * 100).toFixed(1)} % of what it finds are some, from ${threshold.toFixed(2)} on${measuredOn ? `, ${measuredOn}` : ''}`);
  }
  return make('li', { 'data-active': String(Boolean(model.active)) },
    make('div', { className: 'row' },
      make('strong', { textContent: model.version }),
      make('span', { className: `chip ${stateWords(model.state).replace(' ', '-')}`, textContent: model.active ? 'answers' : stateWords(model.state) }),
      canServe ? act('Serve', `${title}: serve version ${model.version}`, model.version) : null),
    ...facts.map(text => make('p', { className: 'fact', textContent: text })),
    model.problem ? make('p', { className: 'problem', textContent: model.problem }) : null);
}
