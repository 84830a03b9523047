// The faces in a photo, as the services' face finder sees them.

import { post } from './api.js';
import { models } from './models.js';

// A square picture of which a face's square covers this much is that square already, as the services see it.
const alreadyCut = 0.6;

/** True once a face finder answers. */
const canFind = () => (models.value?.services ?? []).some(service =>
  service.role === 'face-finder' && service.reachable && (service.models ?? []).some(model => model.active));

/**
 * The faces in an encoded photo from left to right: { place: { sellion, mouth, yaw }, box: { left, top, side }, notes: [words] }. Null where nobody looks
 * for them: there is no finder, or none is known yet.
 */
export async function findFaces(content, signal) {
  if (!canFind()) return null;
  const { faces = [] } = await post('/v1/faces:find', { image: { content } }, signal);
  return faces.map(({ place: { sellion, mouth, yaw = 0 }, box, notes = [] }) => ({
    place: { sellion: point(sellion), mouth: point(mouth), yaw: Math.round(yaw) },
    box: { left: box.left ?? 0, top: box.top ?? 0, side: box.side },
    // That there are others is to be seen.
    notes: notes.filter(note => note.kind !== 'FACE_NOTE_KIND_SEVERAL_FACES').map(note => note.words),
  }));
}

/** The largest of some faces; undefined if none are known. */
export const largest = faces => (faces ?? []).toSorted((a, b) => b.box.side - a.box.side)[0];

/** True if a square picture with this side is no more than the face's square. */
export function fills({ box }, side) {
  const shared = from => Math.max(0, Math.min(from + box.side, side) - Math.max(from, 0));
  const both = shared(box.left) * shared(box.top);
  return both / (box.side ** 2 + side ** 2 - both) >= alreadyCut;
}

const point = ({ x = 0, y = 0 }) => ({ x, y });
