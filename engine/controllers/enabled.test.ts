import { describe, expect, it } from 'vitest';
import type { ControllerDescriptor } from './controller.ts';
import { enabledControllers } from './enabled.ts';

const descriptor = (name: string, offByDefault = false): ControllerDescriptor => ({
  name,
  account: name,
  offByDefault,
  create: () => ({ run: async () => {} }),
});
const all = [descriptor('job-controller'), descriptor('token-cleaner-controller', true)];
const namesFor = (wanted?: readonly string[]) =>
  enabledControllers(all, wanted).map(({ name }) => name);

describe('--controllers', () => {
  it('is everything that is on by default when it is not given', () => {
    expect(namesFor()).toEqual(['job-controller']);
  });

  it('turns single ones on and off', () => {
    expect(namesFor(['*', 'token-cleaner-controller'])).toEqual([
      'job-controller',
      'token-cleaner-controller',
    ]);
    expect(namesFor(['*', '-job-controller'])).toEqual([]);
    expect(namesFor(['token-cleaner-controller'])).toEqual(['token-cleaner-controller']);
  });

  it('lets the first that is said of a controller count', () => {
    expect(namesFor(['-job-controller', 'job-controller'])).toEqual([]);
  });

  it('refuses names of no controller', () => {
    expect(() => namesFor(['*', '-jobs'])).toThrow(
      '"-jobs" is not in the list of known controllers: job-controller, token-cleaner-controller',
    );
  });
});
