import { expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import { Unreached } from './unreached.ts';

it('tells of the first that failed until all are reached again', () => {
  const unreached = new Unreached();
  expect(unreached.problem).toBeUndefined();
  unreached.failed(resources.pods, new Error('connection refused'));
  unreached.failed(resources.nodes, new Error('timed out'));
  unreached.failed(resources.pods, new Error('connection refused'));
  expect(unreached.problem).toBe('connection refused');
  unreached.reached(resources.pods);
  expect(unreached.problem).toBe('timed out');
  unreached.reached(resources.services);
  unreached.reached(resources.nodes);
  expect(unreached.problem).toBeUndefined();
});
