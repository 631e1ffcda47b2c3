import { expect, test } from 'vitest';
import { compileCel } from '../cel/program.ts';
import { expressionEnvironment, namespaceValue, requestValue } from './environment.ts';

const environment = expressionEnvironment({ hasParams: false, hasAuthorizer: false });
const evaluate = (expression: string, bindings: Readonly<Record<string, unknown>>): unknown =>
  compileCel(environment, expression).evaluate(bindings);

test('what is in no namespace has null for it', () => {
  const none = { namespaceObject: namespaceValue(undefined) };
  const isNone = (namespaceObject: unknown) =>
    evaluate('namespaceObject == null', { namespaceObject });
  expect(isNone(namespaceValue(undefined))).toBe(true);
  expect(isNone(namespaceValue({ metadata: { name: 'shop' } }))).toBe(false);
  expect(() => evaluate('namespaceObject.metadata.name == ""', none)).toThrow(
    'no such key: metadata',
  );
});

test('a namespace shows its identifier under the name of Go', () => {
  const namespaceObject = namespaceValue({ metadata: { name: 'shop', uid: '1-2' } });
  expect(evaluate('namespaceObject.metadata.UID', { namespaceObject })).toBe('1-2');
});

test('what a request lacks is not there', () => {
  const request = requestValue({ operation: 'CREATE', dryRun: false });
  expect(evaluate('has(request.subResource)', { request })).toBe(false);
  expect(() => evaluate('request.subResource == ""', { request })).toThrow(
    'no such key: subResource',
  );
});
