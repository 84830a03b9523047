// The one square that every network sees ("square1"), as the services cut it.

/**
 * The square of a face: left, top and side in pixels of the photo as displayed. Null when the two points are less than a pixel apart.
 * S is the points' distance; the side is 2.6 S; the centre is their midpoint, moved down by 0.12 S and sideways by -0.6 S sin(yaw).
 */
export function cropSquare({ sellion, mouth, yaw = 0 }) {
  const s = Math.hypot(mouth.x - sellion.x, mouth.y - sellion.y);
  if (!(s >= 1)) return null;
  const side = 2.6 * s;
  const x = (sellion.x + mouth.x) / 2 - 0.6 * s * Math.sin(yaw * Math.PI / 180);
  const y = (sellion.y + mouth.y) / 2 + 0.12 * s;
  return { left: x - side / 2, top: y - side / 2, side };
}

/** Draws a square of a picture into a canvas; outside the picture its edge pixels are repeated, as the services do. */
export function drawSquare(canvas, picture, { left, top, side }) {
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.clearRect(0, 0, width, height);
  const [pictureWidth, pictureHeight] = [picture.naturalWidth, picture.naturalHeight];
  const x0 = Math.max(left, 0), y0 = Math.max(top, 0);
  const x1 = Math.min(left + side, pictureWidth), y1 = Math.min(top + side, pictureHeight);
  if (x1 - x0 < 1 || y1 - y0 < 1) return;
  const [dx0, dx1] = [x0, x1].map(x => Math.round((x - left) / side * width));
  const [dy0, dy1] = [y0, y1].map(y => Math.round((y - top) / side * height));
  context.drawImage(picture, x0, y0, x1 - x0, y1 - y0, dx0, dy0, dx1 - dx0, dy1 - dy0);
  const repeat = (sx, sy, sw, sh, x, y, w, h) => { if (w > 0 && h > 0) context.drawImage(canvas, sx, sy, sw, sh, x, y, w, h); };
  repeat(dx0, dy0, 1, dy1 - dy0, 0, dy0, dx0, dy1 - dy0);
  repeat(dx1 - 1, dy0, 1, dy1 - dy0, dx1, dy0, width - dx1, dy1 - dy0);
  repeat(0, dy0, width, 1, 0, 0, width, dy0);
  repeat(0, dy1 - 1, width, 1, 0, dy1, width, height - dy1);
}
