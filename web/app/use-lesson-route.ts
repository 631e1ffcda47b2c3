import { useCallback, useSyncExternalStore } from 'react';

/** What the address says: `#/lesson/<id>/<step>`. */
export interface LessonRoute {
  readonly lesson: string;
  readonly step: string | undefined;
}

const PATTERN = /^#\/lesson\/([a-z0-9-]+)(?:\/([a-z0-9-]+))?$/;

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/** The lesson that the address names, if it names one, and ways to change that. Links to steps can be shared. */
export function useLessonRoute() {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const [, lesson, step] = PATTERN.exec(hash) ?? [];
  const open = useCallback((id: string) => void (location.hash = `#/lesson/${id}`), []);
  const close = useCallback(() => {
    history.pushState(null, '', location.pathname + location.search);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }, []);
  /** Without a new entry in the history: going back leaves the lesson. */
  const showStep = useCallback((id: string) => {
    const [, current] = PATTERN.exec(location.hash) ?? [];
    if (current !== undefined) history.replaceState(null, '', `#/lesson/${current}/${id}`);
  }, []);
  const route: LessonRoute | undefined = lesson === undefined ? undefined : { lesson, step };
  return { route, open, close, showStep };
}
