/** Path mode: the visible frame has the app's own origin and no scripts, so this page looks after it itself. */
import type { FailureCode, PageState } from './wire/messages.ts';
import { portOfLearnerUrl, previewPath, readPreviewPath } from './wire/preview-address.ts';

const attended = new WeakSet<Document>();

/** What the frame shows; null while it is no preview. `onExternal` is told of links that lead out of the machine. */
export function lookAtPathPage(
  frame: HTMLIFrameElement,
  onExternal: (url: string) => void,
): { readonly port: number; readonly page: PageState } | null {
  const view = frame.contentWindow;
  const document = frame.contentDocument;
  const place = view && readPreviewPath(view.location.pathname);
  if (!view || !document || !place) return null;
  attend(document, onExternal);
  return {
    port: place.target.port,
    page: {
      path: place.path + view.location.search + view.location.hash,
      title: document.title,
      canGoBack: view.navigation?.canGoBack ?? view.history.length > 1,
      canGoForward: view.navigation?.canGoForward ?? false,
      failure:
        (document.documentElement.dataset['drydockFailure'] as FailureCode | undefined) ?? null,
    },
  };
}

/** Links and forms that name a path from the root, or another port, mean the machine and not this app. */
function attend(document: Document, onExternal: (url: string) => void): void {
  if (attended.has(document)) return;
  attended.add(document);
  document.addEventListener(
    'click',
    (event) => {
      const target = event.target as Element | null;
      const link = target?.closest<HTMLAnchorElement>('a[href], area[href]');
      if (!link || !/^https?:$/.test(link.protocol)) return;
      const mapped = mapAddress(link.href, document.location.href);
      if (mapped === 'external') {
        event.preventDefault();
        onExternal(link.href);
      } else if (mapped) link.href = mapped;
    },
    true,
  );
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target as HTMLFormElement;
      const mapped = mapAddress(form.action, document.location.href);
      if (mapped && mapped !== 'external') form.action = mapped;
    },
    true,
  );
}

/** The path-mode address of `href`; undefined when it is one already, `external` when it leaves the machine. */
function mapAddress(href: string, page: string): string | 'external' | undefined {
  const url = new URL(href);
  const here = new URL(page);
  const place = readPreviewPath(here.pathname);
  if (!place) return undefined;
  const rest = url.pathname + url.search + url.hash;
  const root = here.href.slice(0, here.href.indexOf('preview/~'));
  const at = (port: number) => `${root}${previewPath({ ...place.target, port })}${rest}`;
  if (url.origin === here.origin)
    return readPreviewPath(url.pathname) ? undefined : at(place.target.port);
  const port = portOfLearnerUrl(url, place.target.machine);
  return port === undefined ? 'external' : at(port);
}
