// Hold the head as in a photo: of anybody, one's own or an example.

import { byId, make, told } from './dom.js';
import { acceptDrops, pick, take } from './intake.js';
import { fetchPhoto } from './photo.js';
import { axes, pose, PosePhoto, within } from './pose.js';

const examples = 3;

export function startPosePhoto() {
  byId('pose-photo').addEventListener('click', async () => useFile(await pick()));
  acceptDrops(byId('pose-panel'), useFile);
  for (let i = 1; i <= examples; i++) {
    const address = `examples/poses/${i}.jpg`;
    byId('pose-examples').append(make('button', {
      type: 'button', 'aria-label': `As in example ${i}`, onclick: () => told(byId('pose-problem'), async () => {
        const { content } = await fetchPhoto(address);
        await use(new PosePhoto({ content, cropped: true }, address));
      }),
    }, make('img', { src: address, alt: '', width: 128, height: 128 })));
  }
  pose.onChange(({ photo }) => {
    byId('pose-from').hidden = photo === null;
    if (photo) byId('pose-thumbnail').src = photo.thumbnail;
  });
}

function useFile(file) {
  return told(byId('pose-problem'), async () => {
    const taken = await take(file);
    if (taken) await use(new PosePhoto(taken.image, taken.thumbnail));
  });
}

async function use(photo) {
  const angles = await photo.read();
  // The knob goes to the nearest place on the pad; the picture is drawn from the photo's own vector.
  pose.set({ ...Object.fromEntries(axes.map(axis => [axis, within(axis, angles[axis])])), photo });
}
