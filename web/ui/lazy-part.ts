import { lazy, type ComponentType } from 'react';

/** milliseconds before each further attempt */
const pauses = [500, 2000, 5000];

/** `import()` that tries again: a part of the page must not be lost to a connection that broke for a moment. */
async function persistently<Module>(load: () => Promise<Module>): Promise<Module> {
  for (const pause of pauses) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load();
}

/** A component whose code is fetched when it is first shown, or before by `preload`. */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loading: Promise<{ default: ComponentType<Props> }> | undefined;
  const fetchOnce = () => (loading ??= persistently(load).then((part) => ({ default: part })));
  return Object.assign(lazy(fetchOnce), { preload: () => void fetchOnce().catch(() => {}) });
}
