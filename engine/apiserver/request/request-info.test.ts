import { describe, expect, it } from 'vitest';
import { parseRequestInfo, parseTarget } from './request-info.ts';

function info(method: string, url: string) {
  return parseRequestInfo(method, parseTarget(url));
}

describe('parseRequestInfo', () => {
  it.each([
    ['GET', '/api/v1/pods', { verb: 'list', resource: 'pods', namespace: '', name: '' }],
    ['GET', '/api/v1/pods?watch=true', { verb: 'watch', resource: 'pods' }],
    ['GET', '/api/v1/pods?watch=0', { verb: 'list' }],
    [
      'GET',
      '/api/v1/namespaces/default/pods/web/log',
      { verb: 'get', namespace: 'default', name: 'web', subresource: 'log' },
    ],
    ['GET', '/api/v1/namespaces/kube-system', { resource: 'namespaces', name: 'kube-system' }],
    [
      'PUT',
      '/api/v1/namespaces/kube-system/finalize',
      {
        verb: 'update',
        resource: 'namespaces',
        name: 'kube-system',
        namespace: 'kube-system',
        subresource: 'finalize',
      },
    ],
    [
      'POST',
      '/apis/apps/v1/namespaces/a/deployments',
      { verb: 'create', apiGroup: 'apps', apiVersion: 'v1', resource: 'deployments' },
    ],
    ['DELETE', '/api/v1/namespaces/a/pods', { verb: 'deletecollection' }],
    ['GET', '/api/v1/watch/namespaces/a/pods/b', { verb: 'watch', name: 'b', namespace: 'a' }],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dweb', { verb: 'list', name: 'web' }],
    ['GET', '/apis/apps/v1', { isResourceRequest: false, verb: 'get' }],
    ['GET', '/healthz', { isResourceRequest: false, path: '/healthz' }],
    [
      'GET',
      '/api/v1/nodes/n/proxy/a//b/../c',
      { subresource: 'proxy', parts: ['nodes', 'n', 'proxy', 'a', '', 'b', '..', 'c'] },
    ],
  ])('%s %s', (method, url, expected) => {
    expect(info(method, url)).toMatchObject(expected);
  });

  it('reads absolute targets and percent-encoding', () => {
    expect(parseTarget('http://localhost/api/v1/%70ods?x=%2F')).toMatchObject({
      path: '/api/v1/pods',
    });
    expect(() => parseTarget('/api/%ff')).toThrow('invalid URL escape');
  });
});
