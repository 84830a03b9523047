// The head pad: yaw by pitch, by pointer and by arrow keys; the sliders beside it; the presets. All of them set the one pose.

import { byId, make, makeSvg } from './dom.js';
import { HeadGlyph } from './head-glyph.js';
import { axes, degrees, pose, presets, reach, turnTo, within, words } from './pose.js';

const [width, height, margin] = [300, 200, 40];
const steps = { ArrowLeft: ['yaw', -1], ArrowRight: ['yaw', 1], ArrowUp: ['pitch', 1], ArrowDown: ['pitch', -1], PageUp: ['roll', 1], PageDown: ['roll', -1] };

export function startPad() {
  const pad = byId('pad');
  const svg = makeSvg('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
  const grid = svg.appendChild(makeSvg('g', { class: 'pad-grid' }));
  const knob = svg.appendChild(makeSvg('g'));
  knob.append(makeSvg('circle', { class: 'pad-knob', r: 1.36 }));
  const glyph = new HeadGlyph(knob);
  pad.append(svg);

  const show = () => {
    const { yaw, pitch, photo } = pose.value;
    const { x, y } = placeOf(pose.value);
    knob.setAttribute('transform', `translate(${x} ${y}) scale(25)`);
    glyph.show(pose.value);
    pad.setAttribute('aria-valuenow', yaw);
    pad.setAttribute('aria-valuetext', `${words(pose.value)}${photo ? ', as in the photo' : ''}`);
    for (const axis of axes) {
      byId(axis).value = pose.value[axis];
      byId(axis).setAttribute('aria-valuetext', `${pose.value[axis]} degrees`);
      byId(`${axis}-value`).textContent = degrees(pose.value[axis]);
    }
    for (const [i, button] of [...byId('presets').children].entries()) {
      const preset = presets[i];
      button.setAttribute('aria-pressed', String(!photo && preset.yaw === yaw && preset.pitch === pitch && pose.value.roll === 0));
    }
  };
  const fit = () => {
    const { yawMin, yawMax } = reach.value;
    pad.setAttribute('aria-valuemin', yawMin);
    pad.setAttribute('aria-valuemax', yawMax);
    for (const axis of axes) {
      [byId(axis).min, byId(axis).max] = [reach.value[`${axis}Min`], reach.value[`${axis}Max`]];
    }
    drawGrid(grid);
    show();
  };

  for (const preset of presets) {
    byId('presets').append(make('button', { type: 'button', textContent: preset.name, onclick: () => turnTo({ ...preset, roll: 0 }) }));
  }
  for (const axis of axes) {
    byId(axis).addEventListener('input', event => turnTo({ [axis]: event.target.valueAsNumber }));
  }
  pad.addEventListener('pointerdown', event => {
    pad.setPointerCapture(event.pointerId);
    turnTo(anglesAt(svg, event));
  });
  pad.addEventListener('pointermove', event => {
    if (pad.hasPointerCapture(event.pointerId)) turnTo(anglesAt(svg, event));
  });
  pad.addEventListener('dblclick', () => turnTo({ yaw: 0, pitch: 0, roll: 0 }));
  pad.addEventListener('keydown', turnByKey);
  reach.onChange(fit);
  pose.onChange(show);
  fit();
}

/** Arrow keys turn, page keys roll, Home faces the viewer; Shift makes the steps large. */
function turnByKey(event) {
  if (event.key === 'Home') turnTo({ yaw: 0, pitch: 0, roll: 0 });
  else if (steps[event.key] && !event.altKey && !event.ctrlKey && !event.metaKey) {
    const [axis, sign] = steps[event.key];
    turnTo({ [axis]: pose.value[axis] + sign * (event.shiftKey ? 15 : 3) });
  } else return;
  event.preventDefault();
}

/** A drag on the picture: its width is half a turn. */
export function turnByDragging(element) {
  let start = null;
  element.addEventListener('pointerdown', event => {
    element.setPointerCapture(event.pointerId);
    start = { x: event.clientX, y: event.clientY, pose: pose.value };
  });
  element.addEventListener('pointermove', event => {
    if (!element.hasPointerCapture(event.pointerId)) return;
    const perPixel = 180 / element.clientWidth;
    turnTo({ yaw: start.pose.yaw + (event.clientX - start.x) * perPixel, pitch: start.pose.pitch - (event.clientY - start.y) * perPixel });
  });
}

function placeOf({ yaw, pitch }) {
  const { yawMin, yawMax, pitchMin, pitchMax } = reach.value;
  return {
    x: margin + (within('yaw', yaw) - yawMin) / (yawMax - yawMin) * (width - 2 * margin),
    y: margin + (pitchMax - within('pitch', pitch)) / (pitchMax - pitchMin) * (height - 2 * margin),
  };
}

function anglesAt(svg, event) {
  const { left, top, width: w, height: h } = svg.getBoundingClientRect();
  const { yawMin, yawMax, pitchMin, pitchMax } = reach.value;
  const [x, y] = [(event.clientX - left) / w * width, (event.clientY - top) / h * height];
  return {
    yaw: yawMin + (x - margin) / (width - 2 * margin) * (yawMax - yawMin),
    pitch: pitchMax - (y - margin) / (height - 2 * margin) * (pitchMax - pitchMin),
  };
}

function drawGrid(grid) {
  grid.replaceChildren();
  const { yawMin, yawMax, pitchMin, pitchMax } = reach.value;
  const line = (from, to, zero) => grid.append(makeSvg('line', { x1: from.x, y1: from.y, x2: to.x, y2: to.y, class: zero ? 'zero' : '' }));
  const label = (x, y, value, anchor) => {
    grid.append(makeSvg('text', { x, y, 'text-anchor': anchor }));
    grid.lastChild.textContent = degrees(value);
  };
  for (let yaw = Math.ceil(yawMin / 30) * 30; yaw <= yawMax; yaw += 30) {
    const top = placeOf({ yaw, pitch: pitchMax });
    line(top, placeOf({ yaw, pitch: pitchMin }), yaw === 0);
    label(top.x, height - margin + 24, yaw, 'middle');
  }
  for (let pitch = Math.ceil(pitchMin / 15) * 15; pitch <= pitchMax; pitch += 15) {
    const left = placeOf({ yaw: yawMin, pitch });
    line(left, placeOf({ yaw: yawMax, pitch }), pitch === 0);
    label(margin - 10, left.y + 3.5, pitch, 'end');
  }
}
