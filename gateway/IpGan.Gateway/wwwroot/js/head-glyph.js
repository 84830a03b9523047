// A head drawn with a few lines, turned by angles: an ellipsoid with its centre line, brow line, ears, eyes and nose.

import { makeSvg } from './dom.js';

// Half axes: right, up, towards the viewer.
const [a, b, c] = [0.74, 1, 0.88];

const arc = (from, to, point) => Array.from({ length: 33 }, (_, i) => point((from + (to - from) * i / 32) * Math.PI / 180));

// Points of the surface, lifted by a hair so that they are seen.
const lines = {
  centre: arc(-90, 90, t => [0, b * Math.sin(t), c * Math.cos(t)]),
  brow: arc(-90, 90, t => [a * 0.97 * Math.sin(t), b * 0.22, c * 0.97 * Math.cos(t)]),
  mouth: arc(-19, 19, t => [a * 0.86 * Math.sin(t), -b * 0.5, c * 0.86 * Math.cos(t)]),
  eyeLeft: eye(-0.3),
  eyeRight: eye(0.3),
  earLeft: ear(-1),
  earRight: ear(1),
};
const nose = [[0, 0.16, c * 0.97], [0, -0.2, c * 1.24], [0, -0.27, c * 0.95]];

function eye(x) {
  return arc(0, 360, t => [x + 0.1 * Math.cos(t), 0.08 + 0.055 * Math.sin(t), c * Math.sqrt(1 - ((x + 0.1 * Math.cos(t)) / a) ** 2 - 0.02)]);
}

function ear(side) {
  return arc(0, 360, t => [side * a * 1.02, 0.02 + 0.2 * Math.sin(t), 0.11 * Math.cos(t)]);
}

/** The rotation of the angles: the head nods, turns, then leans. Right, up, towards the viewer. */
function rotation({ yaw, pitch, roll }) {
  const [y, p, r] = [yaw, pitch, roll].map(degrees => degrees * Math.PI / 180);
  return ([x0, y0, z0]) => {
    const [y1, z1] = [y0 * Math.cos(p) + z0 * Math.sin(p), z0 * Math.cos(p) - y0 * Math.sin(p)];
    const [x2, z2] = [x0 * Math.cos(y) + z1 * Math.sin(y), z1 * Math.cos(y) - x0 * Math.sin(y)];
    return [x2 * Math.cos(r) - y1 * Math.sin(r), x2 * Math.sin(r) + y1 * Math.cos(r), z2];
  };
}

/** The ellipsoid's outline: the ellipse whose matrix is the projection of R diag(a², b², c²) Rᵀ. */
function outline(turn) {
  const columns = [turn([a, 0, 0]), turn([0, b, 0]), turn([0, 0, c])];
  const sum = f => columns.reduce((total, column) => total + f(column), 0);
  const [xx, xy, yy] = [sum(v => v[0] * v[0]), sum(v => v[0] * v[1]), sum(v => v[1] * v[1])];
  const l = Math.sqrt(xx);
  const [m, n] = [xy / l, Math.sqrt(yy - (xy / l) ** 2)];
  return arc(0, 360, t => [l * Math.cos(t), m * Math.cos(t) + n * Math.sin(t), 0]);
}

/** The path of what is in front; behind the head nothing is drawn. */
function path(points) {
  let drawing = false;
  let text = '';
  for (const [x, y, z] of points) {
    const seen = z >= -0.02;
    if (seen) text += `${drawing ? 'L' : 'M'}${x.toFixed(3)} ${(-y).toFixed(3)}`;
    drawing = seen;
  }
  return text;
}

export class HeadGlyph {
  #paths = {};

  /** Draws into an SVG group, whose units are half the head's height. */
  constructor(group) {
    for (const name of ['outline', ...Object.keys(lines), 'nose']) {
      this.#paths[name] = group.appendChild(makeSvg('path', { class: `glyph-${name.replace(/Left|Right/, '')}` }));
    }
  }

  show(angles) {
    const turn = rotation(angles);
    this.#paths.outline.setAttribute('d', `${path(outline(turn))}Z`);
    for (const [name, points] of Object.entries(lines)) {
      this.#paths[name].setAttribute('d', path(points.map(turn)));
    }
    this.#paths.nose.setAttribute('d', path(nose.map(turn)));
  }
}
