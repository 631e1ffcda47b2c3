/**
 * Served for every path of a preview origin that has no service worker yet. In the lab's frame it asks
 * the lab's page to install one and loads again. In a browser tab of its own it says where to begin.
 */
import { readMessage, type BootHello } from '../../features/preview/wire/messages.ts';

if (window.top === window) {
  document.addEventListener('DOMContentLoaded', () => {
    document.title = 'The machine is in another tab';
    const text = document.querySelector('p');
    if (text) {
      text.textContent =
        'Pages of a machine are answered by the tab in which it runs. Open Drydock, start the container there, and then reload this page.';
    }
  });
} else {
  addEventListener('message', (event) => {
    if (event.source === window.parent && readMessage(event.data, 'boot-again')) location.reload();
  });
  // The lab's page knows this frame by its window; the message says nothing secret.
  window.parent.postMessage({ drydock: 'boot-hello' } satisfies BootHello, '*');
}
