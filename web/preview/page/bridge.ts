/**
 * The bridge: a hidden page on a preview origin. It installs the service worker, introduces it to the
 * lab's page, and looks after the visible frame of the same origin, which the lab's page cannot
 * touch. The lab's origin is in the fragment.
 */
import { messageOf } from '../../ui/message-of.ts';
import {
  readMessage,
  type BridgeCommand,
  type BridgeEvent,
  type BridgeHello,
  type HerePort,
} from '../../features/preview/wire/messages.ts';
import { readPreviewHost } from '../../features/preview/wire/preview-address.ts';
import { lookAt, travel } from './visible-frame.ts';

const labOrigin = decodeURIComponent(location.hash.slice(1));
const target = readPreviewHost(location.host);

addEventListener('message', (event) => {
  const [control] = event.ports;
  if (event.origin !== labOrigin || event.source !== window.parent || !control) return;
  if (readMessage(event.data, 'bridge-control')) void begin(control);
});
window.parent.postMessage({ drydock: 'bridge-hello' } satisfies BridgeHello, labOrigin);

async function begin(control: MessagePort): Promise<void> {
  const say = (event: BridgeEvent) => control.postMessage(event);
  try {
    const { serviceWorker } = navigator;
    await serviceWorker.register('/.drydock/worker.js', { scope: '/', updateViaCache: 'none' });
    const registration = await serviceWorker.ready;
    serviceWorker.addEventListener('message', (event) => {
      if (readMessage(event.data, 'need-port')) say({ type: 'need-port' });
    });
    serviceWorker.startMessages();
    control.addEventListener('message', (event: MessageEvent<BridgeCommand>) => {
      const command = event.data;
      if (command.type === 'port') {
        const here: HerePort = { drydock: 'here-port', slot: target?.slot ?? '' };
        registration.active?.postMessage(here, [...event.ports]);
        say({ type: 'ready' });
      } else if (command.type === 'look') {
        say({ type: 'page', page: lookAt(command.frame, say) });
      } else {
        travel(command.frame, command.to);
      }
    });
    control.start();
    say({ type: 'need-port' });
  } catch (error) {
    say({ type: 'failed', message: messageOf(error) });
  }
}
