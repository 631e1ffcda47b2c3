import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take long, the longest first. */
const LONG = [
  'scenarios/docker/large-images',
  'scenarios/lessons',
  'scenarios/machine/memory',
  'scenarios/docker/survival',
  'scenarios/docker/networks',
  'scenarios/lab',
  'scenarios/docker/command-line',
  'scenarios/docker/containers',
  'parity/docker/docker.parity',
  'parity/kubernetes/kubectl.parity',
  'e2e/memory',
  'e2e/original-engine',
  'e2e/preview',
  'e2e/saved-machines',
];

/** Begins with the files that take longest, so that no worker is left alone with one of them at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((name) => moduleId.includes(name));
      return place === -1 ? LONG.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
