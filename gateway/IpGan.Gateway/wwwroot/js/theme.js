// Light or dark: as the system says, until the user says otherwise.

import { byId } from './dom.js';

const storage = 'ipgan-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export function startTheme() {
  const button = byId('theme');
  const show = () => {
    const chosen = localStorage.getItem(storage);
    document.documentElement.dataset.theme = chosen ?? 'system';
    const isDark = chosen === 'dark' || (chosen === null && dark.matches);
    button.setAttribute('aria-pressed', String(isDark));
  };
  button.addEventListener('click', () => {
    const wanted = button.getAttribute('aria-pressed') === 'true' ? 'light' : 'dark';
    // Back to what the system says is back to following it.
    if (wanted === (dark.matches ? 'dark' : 'light')) localStorage.removeItem(storage);
    else localStorage.setItem(storage, wanted);
    show();
  });
  dark.addEventListener('change', show);
  show();
}
