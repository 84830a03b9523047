// Where is the face? Those that were found, to choose among, two markers on the photo, by pointer or keys, and the square that follows from them.

import { ask } from './ask.js';
import { cropSquare, drawSquare } from './crop-rule.js';
import { byId, make, tell } from './dom.js';

const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const names = ['sellion', 'mouth'];

let picture = null;
let face = null;
let found = [];

/**
 * Asks where the face is: { sellion, mouth, yaw } in pixels of the photo as displayed, or null if the user gave up. Faces are those that
 * were found, null if nobody looked for them. Begins with a place, if there is one.
 */
export function placeFace(photo, faces, place) {
  return ask(byId('crop-dialog'), () => {
    [picture, found] = [photo, faces ?? []];
    face = place ? structuredClone(place) : guess(photo);
    byId('crop-photo').replaceWith(Object.assign(photo, { id: 'crop-photo', alt: 'The photo', draggable: false }));
    byId('crop-yaw').value = face.yaw;
    byId('crop-found').textContent = foundWords(faces);
    byId('crop-faces').replaceChildren(...(found.length > 1 ? found.map(box) : []));
    show();
  }, answer => answer === 'ok' ? face : null);
}

export function startCropDialog() {
  for (const name of names) {
    const marker = byId(`marker-${name}`);
    marker.addEventListener('pointerdown', event => marker.setPointerCapture(event.pointerId));
    marker.addEventListener('pointermove', event => {
      if (!marker.hasPointerCapture(event.pointerId)) return;
      const { left, top } = byId('crop-photo').getBoundingClientRect();
      move(name, (event.clientX - left) / scale(), (event.clientY - top) / scale());
    });
    marker.addEventListener('keydown', event => {
      if (!moves[event.key]) return;
      event.preventDefault();
      const [x, y] = moves[event.key].map(d => d * (event.shiftKey ? 10 : 1) / scale());
      move(name, face[name].x + x, face[name].y + y);
    });
  }
  byId('crop-yaw').addEventListener('input', event => {
    face.yaw = event.target.valueAsNumber;
    show();
  });
  new ResizeObserver(() => { if (byId('crop-dialog').open) show(); }).observe(byId('crop-photo').parentElement);
}

function foundWords(faces) {
  if (faces === null) return 'Faces could not be looked for: mark it yourself.';
  if (faces.length === 0) return 'No face was found here: mark it yourself.';
  return faces.length === 1 ? 'One face was found. Set the markers right if they are off.' : `${faces.length} faces were found. Choose one, and set the markers right if they are off.`;
}

/** A face to choose: a button around it. */
function box({ place }, index) {
  return make('button', {
    type: 'button', className: 'face-box', 'aria-label': `Face ${index + 1} of ${found.length}`, onclick: () => {
      face = structuredClone(place);
      byId('crop-yaw').value = face.yaw;
      show();
    },
  });
}

/** True while the markers are where the face was found. */
const isAt = place => JSON.stringify(place) === JSON.stringify(face);

/** Most faces are in the upper middle; the user sets it right. */
function guess({ naturalWidth: width, naturalHeight: height }) {
  const s = Math.min(width, height) * 0.22;
  return { sellion: { x: width / 2, y: height * 0.36 }, mouth: { x: width / 2, y: height * 0.36 + s }, yaw: 0 };
}

/** Pixels of the page for each pixel of the photo. */
const scale = () => byId('crop-photo').clientWidth / picture.naturalWidth;

function move(name, x, y) {
  const clamp = (value, max) => Math.round(Math.min(max, Math.max(0, value)) * 10) / 10;
  const moved = { ...face, [name]: { x: clamp(x, picture.naturalWidth), y: clamp(y, picture.naturalHeight) } };
  // One point is no face.
  if (cropSquare(moved) === null) return;
  face = moved;
  show();
}

function show() {
  const square = cropSquare(face);
  for (const name of names) {
    const marker = byId(`marker-${name}`);
    marker.style.left = `${face[name].x * scale()}px`;
    marker.style.top = `${face[name].y * scale()}px`;
    marker.setAttribute('aria-valuemax', Math.round(picture.naturalWidth));
    marker.setAttribute('aria-valuenow', Math.round(face[name].x));
    marker.setAttribute('aria-valuetext', `${Math.round(face[name].x)} across, ${Math.round(face[name].y)} down`);
  }
  lay(byId('crop-frame'), square);
  [...byId('crop-faces').children].forEach((button, i) => {
    lay(button, found[i].box);
    button.setAttribute('aria-pressed', String(isAt(found[i].place)));
  });
  tell(byId('crop-notes'), (found.find(({ place }) => isAt(place))?.notes ?? []).join(' '));
  byId('crop-yaw-value').textContent = face.yaw === 0 ? 'ahead' : `${Math.abs(face.yaw)}° ${face.yaw < 0 ? 'left' : 'right'}`;
  drawSquare(byId('crop-preview'), picture, square);
}

function lay(element, { left, top, side }) {
  element.style.left = `${left * scale()}px`;
  element.style.top = `${top * scale()}px`;
  element.style.width = element.style.height = `${side * scale()}px`;
}
