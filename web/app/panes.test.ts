import { afterEach, expect, it, vi } from 'vitest';
import { focusPane } from './panes.ts';

afterEach(() => vi.unstubAllGlobals());

/** A page that has these panes, each with one button. @returns the panes that got the focus */
function pageWith(panes: readonly string[]): readonly string[] {
  const focused: string[] = [];
  vi.stubGlobal('document', {
    querySelector(selector: string) {
      const pane = panes.find((name) => selector === `[data-pane="${name}"]`);
      if (pane === undefined) return null;
      const button = {
        tabIndex: 0,
        checkVisibility: () => true,
        closest: () => null,
        focus: () => focused.push(pane),
      };
      return {
        querySelectorAll: (controls: string) => (controls.startsWith('button') ? [button] : []),
      };
    },
  });
  return focused;
}

it.each([
  ['wide', ['guide', 'terminal', 'lower'], 'lower'],
  ['narrow', ['guide', 'terminal', 'preview', 'machine', 'cluster'], 'cluster'],
])('focuses the first pane that there is on a %s page', (_, panes, expected) => {
  const focused = pageWith(panes);
  focusPane('lower', 'cluster');
  expect(focused).toEqual([expected]);
});

it('leaves the focus where it is when there is no such pane', () => {
  const focused = pageWith(['terminal']);
  focusPane('lower', 'cluster');
  expect(focused).toEqual([]);
});
