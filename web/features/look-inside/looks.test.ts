import { expect, test } from 'vitest';
import {
  cgroupsOf,
  mountsOf,
  namespacesOf,
  networkOf,
  PART,
  partsOf,
  processesOf,
} from './looks.ts';

const printed = (...parts: readonly string[]) => partsOf(parts.join(`${PART}\n`));

test('processes are a tree, with both of their numbers', () => {
  const status = [
    '/proc/812/status:Name:\tsh',
    '/proc/812/status:PPid:\t400',
    '/proc/812/status:Uid:\t0\t0\t0\t0',
    '/proc/812/status:NSpid:\t812\t1',
    '/proc/900/status:Name:\tsleep',
    '/proc/900/status:PPid:\t812',
    '/proc/900/status:Uid:\t1000\t1000\t1000\t1000',
    '/proc/900/status:NSpid:\t900\t7',
    '',
  ].join('\n');
  expect(processesOf(printed(status, '812 sh -c sleep 9 \n900 \n'))).toEqual([
    { pid: 812, innerPid: 1, depth: 0, uid: '0', command: 'sh -c sleep 9' },
    { pid: 900, innerPid: 7, depth: 1, uid: '1000', command: '[sleep]' },
  ]);
});

test('namespaces that are the machine’s are told', () => {
  const own = 'cgroup:[2]\nnet:[3]\nuser:[4]\n';
  expect(namespacesOf(printed(own, 'cgroup:[1]\nnet:[1]\nuser:[4]\n'))).toEqual([
    { type: 'cgroup', container: '2', machine: '1', isShared: false },
    { type: 'net', container: '3', machine: '1', isShared: false },
    { type: 'user', container: '4', machine: '4', isShared: true },
  ]);
});

test('a cgroup’s files, and those around it', () => {
  const parts = printed('/sys/fs/cgroup/docker/a\ncpu.max:max 100000\n', '/sys/fs/cgroup/docker\n');
  expect(cgroupsOf(parts)).toEqual([
    { path: '/sys/fs/cgroup/docker/a', values: [{ file: 'cpu.max', value: 'max 100000' }] },
    { path: '/sys/fs/cgroup/docker', values: [] },
  ]);
});

test('mounts, and the layers of the root', () => {
  const mountinfo = [
    '90 80 0:40 / / rw,relatime - overlay overlay rw,lowerdir=/l2:/l1,upperdir=/u,workdir=/w',
    '91 90 0:41 / /proc rw,nosuid shared:1 - proc proc rw',
    '',
  ].join('\n');
  expect(mountsOf(printed(mountinfo, './etc\n./etc/a\n'))).toEqual({
    mounts: [
      { at: '/', type: 'overlay', source: 'overlay', options: 'rw,relatime' },
      { at: '/proc', type: 'proc', source: 'proc', options: 'rw,nosuid' },
    ],
    layers: { lower: ['/l2', '/l1'], upper: '/u', changed: ['/etc', '/etc/a'] },
  });
  expect(mountsOf(printed('', '')).layers).toBeUndefined();
});

test('of the machine’s rules only those that name the container’s address', () => {
  const ruleset = [
    'table ip nat {',
    '\tchain a {',
    '\t\tip daddr 10.0.0.5 dnat to 10.244.0.5:80',
    '\t\tip daddr 10.0.0.5 dnat to 10.244.0.55:80',
    '\t}',
    '\tchain b {',
    '\t\taccept',
    '\t}',
    '}',
    '',
  ].join('\n');
  const addresses = 'lo UNKNOWN 127.0.0.1/8\neth0@if3 UP 10.244.0.5/24\n';
  const { rules, routes } = networkOf(printed(addresses, 'default via 10.244.0.1\n', ruleset));
  expect(routes).toEqual(['default via 10.244.0.1']);
  expect(rules.split('\n').map((line) => line.trim())).toEqual([
    'table ip nat {',
    'chain a {',
    'ip daddr 10.0.0.5 dnat to 10.244.0.5:80',
  ]);
  expect(networkOf(printed('lo UNKNOWN 127.0.0.1/8\n', '', ruleset)).rules).toBe('');
});
