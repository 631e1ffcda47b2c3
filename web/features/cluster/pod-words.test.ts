import { expect, it } from 'vitest';
import type { Table } from '../../../engine/client/client.ts';
import { podWords } from './pod-words.ts';

const column = (name: string) => ({
  name,
  description: '',
  format: '',
  priority: 0,
  type: 'string',
});
const row = (name: string, namespace: string, ready: string, status: string) => ({
  cells: [name, ready, status],
  object: {
    apiVersion: 'meta.k8s.io/v1',
    kind: 'PartialObjectMetadata',
    metadata: { name, namespace, uid: name },
  },
});

it('tells of Pods as kubectl does, the learner’s own first, and which are not well', () => {
  const table: Table = {
    metadata: {},
    columnDefinitions: ['Name', 'Ready', 'Status'].map(column),
    rows: [
      row('etcd-control-plane', 'kube-system', '1/1', 'Running'),
      row('web', 'default', '0/1', 'ImagePullBackOff'),
      row('job', 'batch', '0/1', 'Init:1/2'),
    ],
  };
  expect(podWords(table).map(({ name, words, isWell }) => [name, words, isWell])).toEqual([
    ['web', '0/1 ImagePullBackOff', false],
    ['batch/job', '0/1 Init:1/2', true],
    ['kube-system/etcd-control-plane', '1/1 Running', true],
  ]);
});
