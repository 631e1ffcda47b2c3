import { describe, expect, it } from 'vitest';
import {
  formatFieldSelector,
  matchesFields,
  parseFieldSelector,
  requiredValue,
} from './field-selector.ts';
import {
  formatLabelSelector,
  labelSelectorOf,
  matchesLabels,
  parseLabelSelector,
  selectorFromLabels,
} from './label-selector.ts';

const badName =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const badValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

describe('label selectors', () => {
  // Asked of kube-apiserver 1.37 with `GET /api/v1/pods?labelSelector=…`.
  it.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['x in', "unable to parse requirement: found '' expected: '('"],
    ['x in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['x in (a b)', "unable to parse requirement: found 'b', expected: ',' or ')'"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    ['a!b', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=-', `unable to parse requirement: values[0][a]: Invalid value: "-": ${badValue}`],
    ['x in a', "unable to parse requirement: found 'a' expected: '('"],
    ['_x', `unable to parse requirement: <nil>: Invalid value: "_x": ${badName}`],
    ['kö=b', `unable to parse requirement: <nil>: Invalid value: "kö": ${badName}`],
  ])('refuses %s', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ message }));
  });

  it.each([
    ['', ''],
    ['a=', 'a='],
    ['b!=d, !e ,a==b', 'a==b,b!=d,!e'],
    ['x notin (,)', 'x notin ()'],
    ['x in (b,a,,b)', 'x in (,a,b)'],
    ['a in ()', 'a in ()'],
    ['x in (in,notin)', 'x in (in,notin)'],
    ['in=notin', 'in=notin'],
    ['a<5,b>1,c', 'a<5,b>1,c'],
  ])('reads %s', (text, printed) => {
    expect(formatLabelSelector(parseLabelSelector(text))).toBe(printed);
  });

  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app!=web', false],
    ['app in (web,db)', true],
    ['app notin (web)', false],
    ['none notin (web)', true],
    ['none!=web', true],
    ['app', true],
    ['!app', false],
    ['!none', true],
    ['size>2', true],
    ['size>3', false],
    ['size<4', true],
    ['app<4', false],
    ['none>1', false],
    ['toString', false],
    ['app=web,size=4', false],
  ])('%s: %s', (text, matches) => {
    expect(matchesLabels(parseLabelSelector(text), { app: 'web', size: '3' })).toBe(matches);
  });

  it('reads the field of an object', () => {
    const selector = labelSelectorOf({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'NotIn', values: ['db'] },
        { key: 'a', operator: 'Exists' },
      ],
    });
    expect(formatLabelSelector(selector)).toBe('a,app=web,tier notin (db)');
    expect(selectorFromLabels({ b: '1', a: '2' })).toEqual(parseLabelSelector('a=2,b=1'));
  });

  it('selects nothing without a selector and everything with an empty one', () => {
    expect(matchesLabels(labelSelectorOf(undefined), {})).toBe(false);
    expect(matchesLabels(labelSelectorOf({}), undefined)).toBe(true);
  });

  it.each([
    [{ key: 'a', operator: 'Is' }, '"Is" is not a valid label selector operator'],
    [
      { key: 'a', operator: 'In' },
      "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
    ],
    [
      { key: '_', operator: 'Exists', values: ['x'] },
      `[key: Invalid value: "_": ${badName}, values: Invalid value: ["x"]: values set must be empty for exists and does not exist]`,
    ],
  ])('refuses the expression %j', (expression, message) => {
    expect(() => labelSelectorOf({ matchExpressions: [expression] })).toThrow(message);
  });
});

describe('field selectors', () => {
  // Asked of kube-apiserver 1.37 with `GET /api/v1/pods?fieldSelector=…`.
  it.each([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    [String.raw`n=a\b`, String.raw`invalid field selector: invalid escape sequence: \b`],
    ['n=a\\', 'invalid field selector: invalid escape sequence: \\'],
    ['n=a=b', 'invalid field selector: unescaped character in value: 61'],
  ])('refuses %s', (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(message);
  });

  it('reads, prints and matches', () => {
    const selector = parseFieldSelector(String.raw`spec.nodeName!=b,metadata.name==a\,x,`);
    expect(selector).toEqual([
      { field: 'metadata.name', operator: '=', value: 'a,x' },
      { field: 'spec.nodeName', operator: '!=', value: 'b' },
    ]);
    expect(formatFieldSelector(selector)).toBe(String.raw`metadata.name=a\,x,spec.nodeName!=b`);
    expect(requiredValue(selector, 'metadata.name')).toBe('a,x');
    expect(requiredValue(selector, 'spec.nodeName')).toBeUndefined();
    const fields = new Map([['metadata.name', 'a,x']]);
    expect(matchesFields(selector, (field) => fields.get(field))).toBe(true);
    fields.set('spec.nodeName', 'b');
    expect(matchesFields(selector, (field) => fields.get(field))).toBe(false);
    expect(parseFieldSelector(',')).toEqual([]);
  });
});
