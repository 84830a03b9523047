// Hold the head as in a photo: of anybody, one's own or an example.

import { byId, make } from './dom.js';
import { acceptDrops, pick, take } from './intake.js';
import { fetchContent } from './photo.js';
import { axes, pose, PosePhoto, within } from './pose.js';
import { Search } from './search.js';

const examples = 3;

export function startPosePhoto() {
  const search = new Search(next => pose.set(next));
  const hold = find => search.start(byId('pose-problem'), async signal => {
    const photo = await find(signal);
    return photo && poseIn(photo, signal);
  });
  const useFile = file => hold(async signal => {
    const taken = await take(file, signal);
    return taken && new PosePhoto(taken.image, taken.thumbnail);
  });

  byId('pose-photo').addEventListener('click', async () => useFile(await pick()));
  acceptDrops(byId('pose-panel'), useFile);
  for (let i = 1; i <= examples; i++) {
    const address = `examples/poses/${i}.jpg`;
    byId('pose-examples').append(make('button', {
      type: 'button', 'aria-label': `As in example ${i}`,
      onclick: () => hold(async () => new PosePhoto({ content: await fetchContent(address), cropped: true }, address)),
    }, make('img', { src: address, alt: '', width: 128, height: 128 })));
  }
  pose.onChange(({ photo }) => {
    // Who turns the head himself wants no photo's pose after that.
    search.cancel();
    byId('pose-from').hidden = photo === null;
    if (photo) byId('pose-thumbnail').src = photo.thumbnail;
  });
}

async function poseIn(photo, signal) {
  const angles = await photo.read(signal);
  // The knob goes to the nearest place on the pad; the picture is drawn from the photo's own vector.
  return { ...Object.fromEntries(axes.map(axis => [axis, within(axis, angles[axis])])), photo };
}
