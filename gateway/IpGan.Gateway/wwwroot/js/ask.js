// Dialogs that ask something, one asking at a time.

const askings = new WeakMap();

/**
 * Opens a dialog and promises the answer, which is worked out from its return value when it is closed. A dialog says that it is closed a frame
 * after it looks so, on a busy machine long after: who asks meanwhile waits for that, or would take the earlier closing for an end of his own.
 */
export function ask(dialog, onOpen, answer) {
  const asking = (askings.get(dialog) ?? Promise.resolve()).catch(() => {}).then(() => new Promise(resolve => {
    dialog.returnValue = '';
    dialog.addEventListener('close', () => resolve(answer(dialog.returnValue)), { once: true });
    dialog.showModal();
    onOpen();
  }));
  askings.set(dialog, asking);
  return asking;
}
