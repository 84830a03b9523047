// A person to draw: a photo's, a made-up one, or one between two others.

import { post } from './api.js';

/** Whom to draw, for the API, and what is known of him so far. */
export class Person {
  #source;
  #identity = null;
  #forgotten = 0;
  #parents;

  /** The thumbnail is an address or null. The source is asked for when it is sent, because parents' vectors may be known by then. */
  constructor({ label, thumbnail = null, photos = [], source, parents = [] }) {
    this.label = label;
    this.thumbnail = thumbnail;
    this.photos = photos;
    // Of several photos: the cosine of each one's vector to the person's.
    this.agreement = [];
    this.#source = source;
    this.#parents = parents;
  }

  /** The shortest way to say whom: the vector if an answer has brought it, which saves the encoder's work. */
  get source() {
    return this.#identity ? { identity: this.#identity } : this.#source();
  }

  /** True if both are mixed from the same two people. */
  isMixedAs(other) {
    return this.#parents.length > 0 && this.#parents.every((parent, i) => parent === other.#parents[i]);
  }

  /** Keeps the vector that an answer brought. */
  learn(identity) {
    this.#identity = identity;
  }

  /** The same for an answer that is asked for now: it comes too late when vectors are forgotten meanwhile. */
  learner() {
    const asked = this.#forgotten;
    return identity => { if (asked === this.#forgotten) this.learn(identity); };
  }

  /** Forgets vectors: their space may be gone. True if there were any. */
  forget() {
    const had = this.#identity !== null;
    this.#identity = null;
    this.#forgotten++;
    return this.#parents.reduce((any, parent) => parent.forget() || any, had);
  }
}

/** The person in one or more photos that were taken. */
export const inPhotos = photos => new Person({
  label: photos[0].label,
  thumbnail: photos[0].thumbnail,
  photos,
  source: () => photos.length === 1 ? { image: photos[0].image } : { images: { images: photos.map(photo => photo.image) } },
});

export const madeUp = seed => new Person({ label: `Made up, no. ${seed}`, source: () => ({ newPerson: { seed } }) });

export function between(from, to, amount) {
  return new Person({
    label: `${from.label} and ${to.label}, ${Math.round(amount * 100)} %`,
    source: () => ({ interpolation: { from: from.source, to: to.source, amount } }),
    parents: [from, to],
  });
}

/**
 * Draws a person. Targets is a function, because it is asked again when the vectors that were kept turn out to be from a space that no model
 * understands any more: then all of them are made anew, once.
 */
export async function rotate(person, targets, { size, format = 'IMAGE_FORMAT_JPEG', quality = 90 }, signal, forgetPose = () => false) {
  const once = async () => {
    const learn = person.learner();
    const answer = await post('/v1/rotate', { source: person.source, targets: targets(), size, format, quality }, signal);
    learn(answer.identity);
    return answer;
  };
  return once().catch(error => {
    if (error.status !== 400) throw error;
    const forgotten = [person.forget(), forgetPose()];
    if (!forgotten.includes(true)) throw error;
    return once();
  });
}

/** The same person, with one more photo; the service says how well the photos agree. */
export async function withPhoto(person, photo, signal) {
  const more = inPhotos([...person.photos, photo]);
  const answer = await post('/v1/identity:resolve', { source: more.source }, signal);
  more.learn(answer.identity);
  more.agreement = answer.agreement;
  return more;
}

/** An image of an answer as the address of a picture. */
export const addressOf = image => `data:image/${image.format.split('_').pop().toLowerCase()};base64,${image.content}`;
