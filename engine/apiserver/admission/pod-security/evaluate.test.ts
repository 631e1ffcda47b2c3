import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CheckedPod } from './check.ts';
import { detailsOf, violations } from './evaluate.ts';

/** A Pod, and what the real API server said of it in namespaces that enforce these levels; empty when it let it in. */
interface Golden {
  readonly name: string;
  readonly pod: CheckedPod;
  readonly baseline: string;
  readonly restricted: string;
  readonly 'baseline:v1.10': string;
  readonly 'restricted:v1.20': string;
}

const file = new URL('testdata/pods.golden.jsonl', import.meta.url);
const golden = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden);

describe('Pod Security Standards', () => {
  it.each(golden)('$name', ({ pod, ...told }) => {
    expect({
      name: told.name,
      baseline: detailsOf(violations({ level: 'baseline', minor: Infinity }, pod)),
      restricted: detailsOf(violations({ level: 'restricted', minor: Infinity }, pod)),
      'baseline:v1.10': detailsOf(violations({ level: 'baseline', minor: 10 }, pod)),
      'restricted:v1.20': detailsOf(violations({ level: 'restricted', minor: 20 }, pod)),
    }).toEqual(told);
  });
});
