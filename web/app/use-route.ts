import { useSyncExternalStore } from 'react';
import { addressOf, goTo, readPage, type Page, type Route } from './route.ts';

/** how often somebody went somewhere, also to where they were */
let visits = 0;
let route: Route = goTo(undefined, readPage(location.hash));
const listeners = new Set<() => void>();

function set(next: Route): void {
  route = next;
  for (const listener of listeners) listener();
}

function visit(): void {
  visits++;
  set(goTo(route, readPage(location.hash)));
}

addEventListener('hashchange', visit);

/** Goes to a page, as a link to it does. */
export function open(page: Page): void {
  const address = addressOf(page);
  if (location.hash === address) visit();
  else location.hash = address;
}

/** Leaves a page for what is behind it: a lesson, or the lab. */
export function closePage(): void {
  open(route.page.kind === 'lesson' ? { kind: 'lab' } : (route.lesson ?? { kind: 'lab' }));
}

/** Says in the address where in a lesson one is, without a new entry in the history: going back leaves the lesson. */
export function showStep(step: string): void {
  const { page } = route;
  if (page.kind !== 'lesson' || page.step === step) return;
  const next = { ...page, step };
  history.replaceState(null, '', addressOf(next));
  set({ page: next, lesson: next });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where one is, which links can share. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => route);
}

/** Changes whenever somebody goes somewhere, but not with the steps of a lesson that they go through. */
export function useVisits(): number {
  return useSyncExternalStore(subscribe, () => visits);
}
