import { describe, expect, test } from 'vitest';
import { humanDuration } from './ages.ts';
import { CustomTable } from './custom.ts';
import { tableRow, tableRows } from './index.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('ages', () => {
  test.each([
    [-2 * second, '<invalid>'],
    [-1 * second, '0s'],
    [0, '0s'],
    [119.9 * second, '119s'],
    [2 * minute, '2m'],
    [2 * minute + second, '2m1s'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 59 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [8 * hour + 59 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [7 * day + 23 * hour, '7d23h'],
    [8 * day + 23 * hour, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [731 * day, '2y1d'],
    [7 * 365 * day + 364 * day, '7y364d'],
    [9 * 365 * day, '9y'],
  ])('%d ms are %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });
});

/** Cells that a kube-apiserver made of this object with these columns. */
describe('columns of custom resources', () => {
  const thing = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 't', annotations: { 'a.b/c': 'note' } },
    spec: {
      text: 'hello',
      number: 42,
      float: 2.75,
      list: ['a', 'b', 'c'],
      map: { z: 1, a: '<x>' },
      one: { k: { x: 5 } },
      bool: true,
      null: null,
      old: '2001-01-01T00:00:00Z',
      empty: '',
    },
    status: {
      conditions: [
        { type: 'Synced', status: 'False', n: 5 },
        { type: 'Ready', status: 'True', reason: 'Done', n: 1 },
      ],
    },
  };
  const now = Date.parse('2026-11-26T00:00:00Z');

  test.each([
    ['string', '.spec.text', 'hello'],
    ['integer', '.spec.number', 42],
    ['integer', '.spec.float', 2],
    ['number', '.spec.float', 2.75],
    ['integer', '.spec.text', null],
    ['string', '.status.conditions[?(@.type=="Ready")].status', 'True'],
    ['string', ".status.conditions[?(@.type=='Ready')].status", 'True'],
    ['string', '.status.conditions[?(@.reason)].type', 'Ready'],
    ['string', '.status.conditions[?(@.n<3)].type', 'Ready'],
    ['string', '.status.conditions[?(@.type==3)].type', null],
    ['string', '.spec.list[0]', 'a'],
    ['string', '.spec.list[-1]', 'c'],
    ['string', '.spec.list[1:3]', 'b'],
    ['string', '.spec.list[*]', 'a'],
    ['string', '.spec.list[2,0]', 'c'],
    ['string', '.spec.list[9]', null],
    ['string', '.spec.text[0]', null],
    ['string', '.spec.map', '{"a":"\\u003cx\\u003e","z":1}'],
    ['string', '.spec.list', '["a","b","c"]'],
    ['string', '.spec.one.*', '{"x":5}'],
    ['string', '.spec.one..x', '5'],
    ['string', ".metadata.annotations['a\\.b/c']", 'note'],
    ['string', '.metadata.annotations.a\\.b/c', 'note'],
    ['boolean', '.spec.bool', true],
    ['string', '.spec.bool', 'true'],
    ['string', '.spec.null', '<no value>'],
    ['string', '.spec.float', '2.75'],
    ['string', '.spec.missing', null],
    ['date', '.spec.old', '25y'],
    ['date', '.spec.text', '<invalid>'],
    ['date', '.spec.empty', '<unknown>'],
  ])('%s %s', (type, jsonPath, expected) => {
    const table = new CustomTable([{ name: 'Column', type, jsonPath }]);
    expect(table.cells(thing, now)).toEqual(['t', expected]);
  });

  test('a path that cannot be read ends the table', () => {
    const column = { type: 'string', jsonPath: '.spec.text' };
    const table = new CustomTable([
      { ...column, name: 'Before' },
      { ...column, name: 'Broken', jsonPath: '.spec.list[x]' },
      { ...column, name: 'After' },
    ]);
    expect(table.columns.map(({ name }) => name)).toEqual(['Name', 'Before']);
    expect(table.cells(thing, now)).toEqual(['t', 'hello']);
  });

  test('without columns the age is shown', () => {
    const table = new CustomTable(undefined);
    expect(table.columns.map(({ name }) => name)).toEqual(['Name', 'Age']);
    expect(table.cells(thing, now)).toEqual(['t', null]);
  });
});

describe('lists', () => {
  const named = (kind: string, apiVersion: string, name: string, others: object) => ({
    apiVersion,
    kind,
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' },
    ...others,
  });
  const firstCells = (rows: readonly { readonly cells: readonly unknown[] }[]) =>
    rows.map(({ cells }) => cells[0]);

  test('flow schemas are in the order in which they are tried', () => {
    const schema = (name: string, matchingPrecedence: number) =>
      named('FlowSchema', 'flowcontrol.apiserver.k8s.io/v1', name, {
        spec: { matchingPrecedence, priorityLevelConfiguration: { name: 'p' } },
      });
    const rows = tableRows([schema('c', 5), schema('b', 9), schema('a', 9), schema('d', 1)], 0);
    expect(firstCells(rows)).toEqual(['d', 'c', 'a', 'b']);
    expect(rows[0]?.object.metadata.name).toBe('d');
  });

  test('the storage class that claims get is marked in lists only', () => {
    const annotation = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const storageClass = (name: string, created: string, annotations: object) => ({
      ...named('StorageClass', 'storage.k8s.io/v1', name, { provisioner: 'p' }),
      metadata: { name, creationTimestamp: created, annotations: { ...annotations } },
    });
    const chosen = storageClass('b', '2026-01-02T00:00:00Z', annotation);
    const classes = [
      storageClass('a', '2026-01-01T00:00:00Z', annotation),
      chosen,
      storageClass('c', '2026-01-02T00:00:00Z', annotation),
      storageClass('d', '2026-01-03T00:00:00Z', {}),
    ];
    expect(firstCells(tableRows(classes, 0))).toEqual(['a', 'b (default)', 'c', 'd']);
    expect(firstCells([tableRow(chosen, 0)])).toEqual(['b']);
  });

  test('a bookmark has empty cells', () => {
    const bookmark = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: {} };
    expect(tableRow(bookmark, 0).cells.slice(0, 4)).toEqual(['', 0, 0, 0]);
  });
});
