import { expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import { customFailure } from '../../../engine/objects/status/status-error.ts';
import { Unreached } from './unreached.ts';

it('tells of the first that failed until all are reached again', () => {
  const unreached = new Unreached();
  expect(unreached.problem).toBeUndefined();
  unreached.failed(resources.pods, new Error('connection refused'));
  unreached.failed(resources.nodes, new Error('timed out'));
  unreached.failed(resources.pods, new Error('connection refused'));
  expect(unreached.problem?.words).toBe('connection refused');
  unreached.reached(resources.pods);
  expect(unreached.problem?.words).toBe('timed out');
  unreached.reached(resources.services);
  unreached.reached(resources.nodes);
  expect(unreached.problem).toBeUndefined();
});

it('tells that one got no answer before what another was refused', () => {
  const unreached = new Unreached();
  unreached.failed(resources.pods, customFailure(403, 'Forbidden', 'no'));
  expect(unreached.problem).toEqual({ words: 'no', isRefusal: true });
  unreached.failed(resources.nodes, new Error('connection refused'));
  expect(unreached.problem).toEqual({ words: 'connection refused', isRefusal: false });
  unreached.reached(resources.nodes);
  expect(unreached.problem?.words).toBe('no');
});
