// Studio: what there is, in the order in which it starts.

import { startChoosers } from './chooser.js';
import { startCompare } from './compare.js';
import { startCropDialog } from './crop-dialog.js';
import { byId, told } from './dom.js';
import { startDownloads } from './download.js';
import { models, startModels } from './models.js';
import { startPad, turnByDragging } from './pad.js';
import { startPersonPanel } from './person-panel.js';
import { learnReach } from './pose.js';
import { startPosePhoto } from './pose-photo.js';
import { startStrip } from './strip.js';
import { startTheme } from './theme.js';
import { drawAgain, startTurn } from './turn.js';
import { startViews } from './views.js';

startTheme();
startViews();
startPad();
turnByDragging(byId('stage'));
startStrip();
startTurn();
startDownloads();
startCropDialog();
startChoosers();
startPersonPanel();
startPosePhoto();
startCompare();

for (const button of document.querySelectorAll('[data-close]')) {
  button.addEventListener('click', () => button.closest('dialog').close());
}

models.onChange((now, before) => {
  if (!now.serving || JSON.stringify(now.serving) === JSON.stringify(before?.serving)) return;
  told(byId('pose-problem'), learnReach);
  drawAgain(now.serving, before?.serving);
});
startModels();
