// The three views, one at a time; the address says which.

import { byId } from './dom.js';

const views = ['turn', 'compare', 'models'];

export function startViews() {
  const show = () => {
    const wanted = location.hash.slice(1);
    const view = views.includes(wanted) ? wanted : views[0];
    for (const name of views) {
      byId(`view-${name}`).hidden = name !== view;
      if (name === view) byId(`nav-${name}`).setAttribute('aria-current', 'page');
      else byId(`nav-${name}`).removeAttribute('aria-current');
    }
    document.title = `${byId(`nav-${view}`).textContent} – IP-GAN Studio`;
  };
  addEventListener('hashchange', () => {
    show();
    scrollTo(0, 0);
  });
  // The address names the view: the place to skip to must not take its place there.
  byId('skip').addEventListener('click', event => {
    event.preventDefault();
    byId('main').focus();
  });
  show();
}
