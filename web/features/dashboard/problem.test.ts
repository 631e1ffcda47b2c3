import { expect, it } from 'vitest';
import { customFailure } from '../../../engine/objects/status/status-error.ts';
import { foremost, problemOf, problemSentences } from './problem.ts';

const refused = problemOf(customFailure(500, 'InternalError', 'etcdserver: request timed out'));
const away = problemOf(new Error('connection refused.'));

it('says of an API server that refuses that it answers, and does not send the learner to look for it', () => {
  expect(problemSentences(refused, false)).toBe(
    'The API server answers: etcdserver: request timed out. It is asked again by itself.',
  );
});

it('says of one that is away where to look for it, and that what is seen is old', () => {
  expect(problemSentences(away, true)).toBe(
    'The API server does not answer: connection refused. What you see is how it was last. ' +
      'It is asked again by itself. If it stays away, look under Machines whether kube-apiserver runs.',
  );
});

it('tells that the API server is away before what it refused', () => {
  expect(foremost([])).toBeUndefined();
  expect(foremost([refused, away])).toBe(away);
  expect(foremost([refused, problemOf(customFailure(403, 'Forbidden', 'no'))])).toBe(refused);
});
