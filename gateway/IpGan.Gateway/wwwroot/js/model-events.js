// What changed between two snapshots of the models, in words.

const states = {
  MODEL_STATE_AVAILABLE: 'on disk',
  MODEL_STATE_INCOMPLETE: 'incomplete',
  MODEL_STATE_LOADING: 'loading',
  MODEL_STATE_CANARY: 'on trial',
  MODEL_STATE_READY: 'ready',
  MODEL_STATE_DRAINING: 'draining',
  MODEL_STATE_REJECTED: 'rejected',
};

export const stateWords = state => states[state] ?? 'unknown';
/** An address may serve two roles: encoders have a face finder, too. */
export const keyOf = service => `${service.role} ${service.address}`;
export const roleWords = role => role.replace('-', ' ');

/** The versions that rotations use, in words; why there are none, if so. */
export function servingWords({ serving, note }) {
  if (!serving) return note || 'No rotations: no versions that belong together are up.';
  const { identityEncoder, poseEncoder, generator } = serving;
  return `Rotations use identity encoder ${identityEncoder}, pose encoder ${poseEncoder}, generator ${generator}.`;
}

/** One sentence for each change. */
export function changes(before, after) {
  const found = [];
  const old = new Map((before.services ?? []).map(service => [keyOf(service), service]));
  for (const service of after.services ?? []) {
    const was = old.get(keyOf(service));
    old.delete(keyOf(service));
    const name = `${roleWords(service.role)} at ${service.address}`;
    if (!was) {
      found.push(`The ${name} is new.`);
      continue;
    }
    if (was.reachable !== service.reachable) found.push(`The ${name} is ${service.reachable ? 'found again' : 'lost'}.`);
    const pin = service.pinnedVersion ?? '';
    if ((was.pinnedVersion ?? '') !== pin) found.push(pin ? `The ${name} is set to version ${pin}.` : `The ${name} follows the newest version.`);
    found.push(...versionChanges(name, was.models ?? [], service.models ?? []));
  }
  for (const gone of old.values()) found.push(`The ${roleWords(gone.role)} at ${gone.address} is gone.`);
  if (servingWords(before) !== servingWords(after)) found.push(servingWords(after));
  return found;
}

function versionChanges(name, before, after) {
  const found = [];
  const old = new Map(before.map(model => [model.version, model]));
  for (const model of after) {
    const was = old.get(model.version);
    old.delete(model.version);
    if (was?.state !== model.state || was?.problem !== model.problem) {
      found.push(`Version ${model.version} of the ${name} is ${stateWords(model.state)}${model.problem ? `: ${model.problem}` : '.'}`);
    }
    if (model.active && !was?.active) found.push(`Version ${model.version} of the ${name} answers now.`);
  }
  for (const gone of old.keys()) found.push(`Version ${gone} of the ${name} is gone.`);
  return found;
}
