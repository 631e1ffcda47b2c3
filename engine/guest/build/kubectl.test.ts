import { expect, test } from 'vitest';
import { versionFlags, withConstantMethods } from './kubectl.ts';

test('kubectl carries the version of the Kubernetes that its module belongs to', () => {
  expect(versionFlags('v0.37.2')).toContain('-X k8s.io/component-base/version.gitVersion=v1.37.2');
  expect(versionFlags('v0.37.2')).toContain('-X k8s.io/component-base/version.gitMinor=37');
});

test('a commit that is no release has no version to carry', () => {
  expect(() => versionFlags('v0.38.0-alpha.1')).toThrow('is no release');
});

test('the template interpreter asks for methods by constant names', () => {
  expect(withConstantMethods('if m := ptr.MethodByName(fieldName); ok {')).toBe(
    'if m := methodNamed(ptr, fieldName); ok {',
  );
});

test('a Go release that looks methods up elsewhere fails the build', () => {
  expect(() => withConstantMethods('reflect.Value{}')).toThrow('in another way');
});
