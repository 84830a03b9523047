// A photo from a file: shown the way up that its EXIF orientation says, and in bytes that the services take.

const types = ['image/jpeg', 'image/png', 'image/webp'];
const maxBytes = 20 * 1024 * 1024;
const maxPixels = 50_000_000;
const maxSide = 4096;

/**
 * The file as { content: base64, picture: a decoded <img>, whose address is gone }. A file that the browser shows but the services would refuse
 * (another format, too large) is encoded anew as JPEG.
 */
export async function readPhoto(file) {
  const picture = await decode(file);
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  if (types.includes(file.type) && file.size <= maxBytes && width * height <= maxPixels) {
    return { content: await base64(file), picture };
  }
  const scale = Math.min(1, maxSide / Math.max(width, height));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  const encoded = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.95));
  return { content: await base64(encoded), picture: await decode(encoded) };
}

/** The photo behind an address of the page. */
export const fetchPhoto = async address => readPhoto(await fetchFile(address));

/** The same, only its bytes in base64. */
export const fetchContent = async address => base64(await fetchFile(address));

const fetchFile = async address => (await fetch(address)).blob();

async function decode(blob) {
  const picture = new Image();
  picture.src = URL.createObjectURL(blob);
  try {
    await picture.decode();
  } catch {
    throw new Error('This file is not a picture that the browser can show.');
  } finally {
    // The picture keeps what was decoded; its address would hold the file until the page is closed.
    URL.revokeObjectURL(picture.src);
  }
  return picture;
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(new Error('The file could not be read.'));
    reader.readAsDataURL(blob);
  });
}
