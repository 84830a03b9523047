// What can be taken home: the picture, the strip, and the head turning, in the size that the user chose.

import { byId, told } from './dom.js';
import { addressOf, rotate } from './person.js';
import { pose, targetOf } from './pose.js';
import { sweepOf } from './strip.js';
import { person } from './turn.js';
import { animate } from './webp-animation.js';

const stripFrames = 9;
const turnFrames = 25;
const frameMilliseconds = 60;

export function startDownloads() {
  const buttons = { 'download-picture': picture, 'download-strip': strip, 'download-turn': turning };
  for (const [id, action] of Object.entries(buttons)) {
    byId(id).addEventListener('click', () => told(byId('download-problem'), async () => {
      byId(id).setAttribute('aria-busy', 'true');
      try {
        await action();
      } finally {
        byId(id).removeAttribute('aria-busy');
      }
    }));
  }
  person.onChange(() => { for (const id of Object.keys(buttons)) byId(id).disabled = false; });
}

const chosenSize = () => Number(byId('download-size').value);

async function picture() {
  const at = pose.value;
  const answer = await rotate(person.value, () => [targetOf(at)], { size: chosenSize(), format: 'IMAGE_FORMAT_PNG' });
  save(bytesOf(answer.images[0]), 'image/png', 'face.png');
}

async function strip() {
  const { images } = await sweep(stripFrames, 'IMAGE_FORMAT_PNG');
  const { size } = images[0];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [size * images.length, size];
  const context = canvas.getContext('2d');
  for (const [i, image] of images.entries()) {
    const frame = new Image();
    frame.src = addressOf(image);
    await frame.decode();
    context.drawImage(frame, i * size, 0);
  }
  save(await new Promise(done => canvas.toBlob(done, 'image/png')), 'image/png', 'face-strip.png');
}

async function turning() {
  const { images } = await sweep(turnFrames, 'IMAGE_FORMAT_WEBP');
  const stills = images.map(bytesOf);
  // There and back; the two ends once.
  save(animate([...stills, ...stills.slice(1, -1).reverse()], images[0].size, frameMilliseconds), 'image/webp', 'face-turning.webp');
}

function sweep(steps, format) {
  const at = pose.value;
  return rotate(person.value, () => [sweepOf(at, steps)], { size: chosenSize(), format });
}

const bytesOf = image => Uint8Array.from(atob(image.content), letter => letter.charCodeAt(0));

function save(content, type, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // Some browsers begin to read only later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
