import { expect, it } from 'vitest';
import { answerAsHollowKubelet, isHollowAddress } from './hollow-kubelet.ts';
import { hostIpOf } from './node-object.ts';

it.each([
  [
    '/containerLogs/default/web/c?follow=true',
    200,
    /^pod default\/web is on a hollow node .*: container c writes no log\n$/,
  ],
  [
    '/exec/default/web/c?command=ls',
    501,
    /"message":"pod default\/web is on a hollow node .* connect to"/,
  ],
  ['/attach/default/web/c', 501, /there is nothing to connect to"/],
  ['/portForward/default/web', 501, /there is nothing to connect to"/],
  ['/healthz', 200, /^ok$/],
  ['/pods', 404, /not found/],
])('%s: %i', (path, status, message) => {
  const answer = answerAsHollowKubelet({ url: `https://100.64.0.1:10250${path}` });
  expect(answer.status).toBe(status);
  expect(new TextDecoder().decode(answer.body as Uint8Array)).toMatch(message);
});

it('knows the addresses of hollow nodes', () => {
  expect([0, 300, 9999].map((index) => isHollowAddress(hostIpOf(index)))).toEqual([
    true,
    true,
    true,
  ]);
  expect(['10.0.0.1', '100.128.0.1', 'localhost'].some(isHollowAddress)).toBe(false);
});
