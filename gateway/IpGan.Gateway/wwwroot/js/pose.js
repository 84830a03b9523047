// How the head shall be held: angles, or as in a photo.

import { post } from './api.js';
import { Store } from './store.js';

/** How far the pose model reaches, in degrees. Until the model has been asked: its usual table. */
export const reach = new Store({ yawMin: -90, yawMax: 90, pitchMin: -30, pitchMax: 30, rollMin: -30, rollMax: 30 });

/** { yaw, pitch, roll, photo: null or a PosePhoto }. */
export const pose = new Store({ yaw: 0, pitch: 0, roll: 0, photo: null });

/** Named as in PosePreset, with its angles. */
export const presets = [
  { name: 'Front', yaw: 0, pitch: 0 },
  { name: '¾ left', yaw: -40, pitch: 0 },
  { name: '¾ right', yaw: 40, pitch: 0 },
  { name: 'Profile left', yaw: -80, pitch: 0 },
  { name: 'Profile right', yaw: 80, pitch: 0 },
  { name: 'Up', yaw: 0, pitch: 20 },
  { name: 'Down', yaw: 0, pitch: -20 },
];

export const axes = ['yaw', 'pitch', 'roll'];

/** Changes some of the angles, within the reach. A pose photo is let go. */
export function turnTo(angles) {
  const next = { ...pose.value, photo: null };
  for (const axis of axes) {
    next[axis] = within(axis, angles[axis] ?? next[axis]);
  }
  pose.set(next);
}

/** The nearest whole degree that the model reaches. */
export function within(axis, degrees) {
  const { [`${axis}Min`]: min, [`${axis}Max`]: max } = reach.value;
  return Math.round(Math.min(max, Math.max(min, degrees)));
}

/** The pose for the API. */
export const targetOf = ({ yaw, pitch, roll, photo }) => photo ? photo.target : { angles: { yaw, pitch, roll } };

/** Degrees as people write them, and as screen readers read them: with a minus. */
export const degrees = value => `${value < 0 ? '−' : ''}${Math.abs(value)}°`;

export const words = ({ yaw, pitch, roll }) => `yaw ${degrees(yaw)}, pitch ${degrees(pitch)}, roll ${degrees(roll)}`;

/** Asks the model how far it reaches. */
export async function learnReach() {
  // What is zero is left out of JSON.
  const answer = (await post('/v1/pose:fromAngles', {})).reach ?? {};
  reach.set(Object.fromEntries(Object.keys(reach.value).map(key => [key, answer[key] ?? 0])));
  if (axes.some(axis => within(axis, pose.value[axis]) !== pose.value[axis])) turnTo({});
}

/** A photo whose pose is wanted; its vector is kept from the first answer on. */
export class PosePhoto {
  #image;
  #vector = null;

  constructor(image, thumbnail) {
    this.#image = image;
    this.thumbnail = thumbnail;
  }

  get target() {
    return this.#vector ? { pose: this.#vector } : { image: this.#image };
  }

  /** The vector, and the angles that the pose encoder reads in the photo. */
  async read(signal) {
    const answer = await post('/v1/pose:embed', { image: this.#image }, signal);
    this.#vector = answer.embedding;
    return { yaw: 0, pitch: 0, roll: 0, ...answer.angles };
  }

  forget() {
    const had = this.#vector !== null;
    this.#vector = null;
    return had;
  }
}
