import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-context.ts';
import { metadataField, podField, resourceField } from './downward-api.ts';

const pod = testPod(
  {},
  { labels: { b: '2', a: 'one "x"' }, annotations: { 'example.com/Key': 'value' } },
);
const addresses = { hostIps: ['10.0.0.12'], podIps: ['10.244.1.2', 'fd00::2'] };

it.each([
  ['metadata.name', 'web'],
  ['metadata.namespace', 'default'],
  ['metadata.uid', 'uid-1'],
  ['metadata.labels', 'a="one \\"x\\""\nb="2"'],
  ["metadata.labels['b']", '2'],
  ["metadata.labels['missing']", ''],
  ["metadata.annotations['example.com/Key']", 'value'],
  ['spec.nodeName', 'worker-1'],
  ['spec.serviceAccountName', 'default'],
  ['status.hostIP', '10.0.0.12'],
  ['status.podIP', '10.244.1.2'],
  ['status.podIPs', '10.244.1.2,fd00::2'],
])('reads %s', (path, value) => {
  expect(podField(pod, path, addresses)).toBe(value);
});

it.each([
  ['spec.containers', 'unsupported fieldPath: spec.containers'],
  ["metadata.name['x']", `fieldPath "metadata.name['x']" does not support subscript`],
])('does not read %s', (path, message) => {
  expect(() => metadataField(pod, path)).toThrow(message);
});

describe('resources', () => {
  const limits = { cpu: '250m', memory: '64Mi' };
  const [container] = testPod({
    containers: [{ name: 'web', resources: { limits, requests: { memory: '32Mi' } } }],
  }).spec.containers;
  const allocatable = { cpu: '2', memory: '256Mi', 'ephemeral-storage': '1Gi' };
  it.each([
    ['limits.cpu', undefined, '1'],
    ['limits.cpu', '1m', '250'],
    ['limits.memory', '1Mi', '64'],
    ['limits.memory', '3Mi', '22'],
    ['requests.memory', undefined, '33554432'],
    ['requests.cpu', undefined, '0'],
    ['limits.ephemeral-storage', '1Mi', '1024'],
  ])('gives %s in %s as %s', (resource, divisor, value) => {
    const field = { resource, ...(divisor === undefined ? {} : { divisor }) };
    expect(resourceField(field, pod, container, allocatable)).toBe(value);
  });

  it('gives what the node has, or the Pod, where a container has no limit', () => {
    const field = { resource: 'limits.memory' };
    expect(resourceField(field, pod, { name: 'other' }, allocatable)).toBe('268435456');
    const limited = testPod({ resources: { limits: { memory: '1Mi' } } });
    expect(resourceField(field, limited, { name: 'other' }, allocatable)).toBe('1048576');
  });

  it('knows containers by name', () => {
    const field = { resource: 'limits.cpu', containerName: 'missing' };
    expect(() => resourceField(field, pod, undefined, {})).toThrow('container missing not found');
  });
});
