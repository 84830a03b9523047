// Photos come in: picked, taken, dropped or pasted. A square that a face fills is taken as cropped; in others the face is found, and the user sets it right.

import { placeFace } from './crop-dialog.js';
import { cropSquare, drawSquare } from './crop-rule.js';
import { make } from './dom.js';
import { fills, findFaces, largest } from './faces.js';
import { readPhoto } from './photo.js';

const thumbnailSide = 128;

/**
 * A file as { image: for the API, thumbnail, label, photo, face, faces: those that were found, null if nobody looked for them }; null when the user gave up marking
 * the face. It is not asked for any more once the signal says that nobody waits for the photo.
 */
export async function take(file, signal) {
  const photo = { ...await readPhoto(file), label: file.name ?? 'Photo' };
  const { naturalWidth: width, naturalHeight: height } = photo.picture;
  const faces = await findFaces(photo.content, signal);
  const found = largest(faces);
  return width === height && (!found || fills(found, width)) ? cut(photo, null, faces) : mark({ photo, face: null, faces }, signal);
}

/** Lets the user mark the face of a photo that was taken before. */
export async function mark({ photo, face, faces: known }, signal) {
  const faces = known ?? await findFaces(photo.content, signal);
  signal.throwIfAborted();
  const placed = await placeFace(photo.picture, faces, face ?? largest(faces)?.place);
  return placed ? cut(photo, placed, faces) : null;
}

function cut(photo, face, faces) {
  const canvas = make('canvas', { width: thumbnailSide, height: thumbnailSide });
  drawSquare(canvas, photo.picture, face ? cropSquare(face) : { left: 0, top: 0, side: photo.picture.naturalWidth });
  const image = face ? { content: photo.content, face } : { content: photo.content, cropped: true };
  return { image, thumbnail: canvas.toDataURL(), label: photo.label, photo, face, faces };
}

/** Asks for a file; with the camera, if the device has one. Never answers when the user cancels. */
export function pick({ camera = false } = {}) {
  const input = make('input', { type: 'file', accept: 'image/*' });
  if (camera) input.setAttribute('capture', 'user');
  return new Promise(resolve => {
    input.addEventListener('change', () => resolve(input.files[0]), { once: true });
    input.click();
  });
}

/** Lets files be dropped on an element; the innermost that accepts one gets it. */
export function acceptDrops(element, onFile) {
  // Its children are entered and left one by one.
  let inside = 0;
  const on = (type, change, action = () => {}) => element.addEventListener(type, event => {
    if (!event.dataTransfer.types.includes('Files') || event.defaultPrevented) return;
    event.preventDefault();
    inside = change(inside);
    element.classList.toggle('drop-here', inside > 0);
    action(event);
  });
  on('dragenter', n => n + 1);
  on('dragleave', n => n - 1);
  on('dragover', n => n);
  on('drop', () => 0, event => onFile(event.dataTransfer.files[0]));
}

/** Takes pictures from the clipboard. */
export function acceptPastes(onFile) {
  document.addEventListener('paste', event => {
    const file = [...event.clipboardData.files].find(f => f.type.startsWith('image/'));
    if (file) onFile(file);
  });
}
