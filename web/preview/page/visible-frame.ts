/** What the bridge sees and does in the visible frame, a sibling of the same origin. */
import type {
  BridgeEvent,
  FailureCode,
  PageState,
  Travel,
} from '../../features/preview/wire/messages.ts';
import {
  portOfLearnerUrl,
  previewHost,
  readPreviewHost,
} from '../../features/preview/wire/preview-address.ts';

type FrameWindow = Window & typeof globalThis;

/** Documents whose links are looked after already. */
const attended = new WeakSet<Document>();

/** The frame's window, unless it shows another origin. */
function frameAt(index: number): FrameWindow | undefined {
  try {
    const frame = window.parent[index];
    return frame?.document ? (frame as FrameWindow) : undefined;
  } catch {
    return undefined;
  }
}

/** State of the page in the frame; null while it is on another origin. `say` is told what happens in it. */
export function lookAt(index: number, say: (event: BridgeEvent) => void): PageState | null {
  const frame = frameAt(index);
  if (!frame || frame.location.href === 'about:blank') return null;
  attend(frame, say);
  const { pathname, search, hash } = frame.location;
  return {
    path: pathname + search + hash,
    title: frame.document.title,
    canGoBack: frame.navigation?.canGoBack ?? frame.history.length > 1,
    canGoForward: frame.navigation?.canGoForward ?? false,
    failure:
      (frame.document.documentElement.dataset['drydockFailure'] as FailureCode | undefined) ?? null,
  };
}

export function travel(index: number, to: Travel): void {
  const frame = frameAt(index);
  if (!frame) return;
  if (to === 'reload') frame.location.reload();
  else if (!frame.navigation) frame.history[to]();
  else if (to === 'back' ? frame.navigation.canGoBack : frame.navigation.canGoForward)
    frame.navigation[to]();
}

/**
 * Where a link leads for the browser: another port of the machine is another preview origin; undefined
 * when it stays on this origin, or leaves the machine.
 */
function otherPort(href: string): string | undefined {
  const here = readPreviewHost(location.host);
  const url = new URL(href);
  if (!here || url.origin === location.origin) return undefined;
  const port = portOfLearnerUrl(url, here.machine);
  if (port === undefined) return undefined;
  const host = previewHost({ ...here, port }, here.domain);
  return `${location.protocol}//${host}${url.pathname}${url.search}${url.hash}`;
}

function attend(frame: FrameWindow, say: (event: BridgeEvent) => void): void {
  const { document } = frame;
  if (attended.has(document)) return;
  attended.add(document);
  document.addEventListener(
    'click',
    (event) => {
      const link = event.composedPath().find((node) => node instanceof frame.HTMLAnchorElement);
      if (!link || link.protocol.startsWith('javascript')) return;
      const mapped = /^https?:$/.test(link.protocol) ? otherPort(link.href) : undefined;
      if (mapped) link.href = mapped;
    },
    true,
  );
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target;
      if (!(form instanceof frame.HTMLFormElement)) return;
      const mapped = otherPort(form.action);
      if (mapped) form.action = mapped;
    },
    true,
  );
  frame.navigation?.addEventListener('currententrychange', () => say({ type: 'changed' }));
  frame.navigation?.addEventListener('navigate', (event) => {
    const url = new URL(event.destination.url);
    if (
      !/^https?:$/.test(url.protocol) ||
      url.origin === location.origin ||
      event.downloadRequest !== null
    )
      return;
    const mapped = otherPort(url.href);
    if (mapped) {
      if (event.formData) return;
      event.preventDefault();
      frame.location.href = mapped;
    } else if (!readPreviewHost(url.host)) {
      event.preventDefault();
      say({ type: 'external', url: url.href });
    }
  });
}
