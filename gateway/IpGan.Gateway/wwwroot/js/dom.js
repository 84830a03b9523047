// The page's elements: find, make, and say what went wrong beside them.

/** The element with this id. */
export const byId = id => document.getElementById(id);

/**
 * A new element. Of the properties, those with a dash are attributes, and functions whose names begin with "on" are listeners.
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.includes('-') || name === 'role') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

/** A new SVG element with these attributes. */
export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** One of the drawings in icons.svg. */
export function icon(name) {
  const svg = makeSvg('svg', { class: 'icon', 'aria-hidden': 'true' });
  svg.append(makeSvg('use', { href: `icons.svg#${name}` }));
  return svg;
}

/**
 * Runs an action; if it fails, the reason is put in words into this element (role "alert"), which is emptied by the next try.
 * An aborted action says nothing. Returns what the action returned, or undefined when it failed.
 */
export async function told(element, action) {
  tell(element, '');
  try {
    return await action();
  } catch (error) {
    if (error.name !== 'AbortError') tell(element, error.message);
    return undefined;
  }
}

/** Puts a text into a place for messages, and hides the place when there is none. */
export function tell(element, text) {
  element.textContent = text;
  element.hidden = text === '';
}
