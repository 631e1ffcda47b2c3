/**
 * Debian's client against our engine, compared with what it printed against Debian's own dockerd. The transcripts
 * hold the latter; `npm run parity:record:docker` makes them anew.
 */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { isNight } from '../../harness/night.ts';
import { formatTranscript, type Transcript } from '../kubernetes/transcript.ts';
import { differences } from './differences.ts';
import { DockerSession } from './docker-session.ts';
import { readTranscript, transcriptNames } from './transcript-files.ts';

// Every `docker` costs the emulated processor 70 million instructions before it does anything.
// One machine for each of two cores.
const MACHINES = 2;
vi.setConfig({ testTimeout: 1_200_000, maxConcurrency: MACHINES });

const LEAST_COMMANDS = 250;
const MOST_DIFFERENCES = 5;

const names = transcriptNames();

/** Compared every night (`npm run test:nightly`): docs/decisions/031-what-the-night-runs.md. */
const NIGHTLY = new Set([
  'build-cache',
  'build-failures',
  'commit-and-export',
  'events',
  'images',
  'logs',
  'namespaces',
  'networks',
  'ports',
  'prune',
  'restart-and-health',
  'run-limits',
  'run-names-and-labels',
  'signals',
  'stats-and-top',
  'system',
  'update-and-attach',
]);

const commandsOf = (transcript: Transcript): string[] =>
  transcript.flatMap((part) => (part.kind === 'command' ? part.script : []));

const without = (transcript: Transcript, commands: ReadonlySet<string>): Transcript =>
  transcript.map((part) =>
    part.kind === 'command' && commands.has(part.script) ? { ...part, output: '(differs)' } : part,
  );

describe('the corpus', () => {
  it('is large, and its differences are few and name commands that are in it', () => {
    const commands = names.flatMap((name) => commandsOf(readTranscript(name)));
    expect(commands.filter((command) => /\bdocker\b/.test(command)).length).toBeGreaterThanOrEqual(
      LEAST_COMMANDS,
    );
    expect(differences.length).toBeLessThanOrEqual(MOST_DIFFERENCES);
    for (const difference of differences)
      for (const [name, differing] of Object.entries(difference.commands))
        expect(commandsOf(readTranscript(name))).toEqual(expect.arrayContaining([...differing]));
  });
});

/** Machines that no transcript is run on now. */
const idle: DockerSession[] = [];
afterAll(() => Promise.all(idle.map((session) => session.stop())));

/** The transcript as it comes out here. */
async function rerun(transcript: Transcript): Promise<Transcript> {
  const session = idle.pop() ?? (await DockerSession.start('docker'));
  let actual: Transcript;
  try {
    actual = await session.run(transcript);
  } catch (error) {
    // Nobody knows what it left.
    await session.stop();
    throw error;
  }
  idle.push(session);
  return actual;
}

// The longest first, so that both machines end at about the same time.
const byLength = names
  .filter((name) => isNight || !NIGHTLY.has(name))
  .toSorted((a, b) => commandsOf(readTranscript(b)).length - commandsOf(readTranscript(a)).length);

describe.concurrent.each(byLength)('%s', (name) => {
  it('prints the same as with the original engine', async () => {
    const expected = readTranscript(name);
    const known = new Set(differences.flatMap((difference) => difference.commands[name] ?? []));
    const actual = await rerun(expected);
    expect(formatTranscript(without(actual, known))).toBe(
      formatTranscript(without(expected, known)),
    );
    for (const [index, part] of expected.entries())
      if (part.kind === 'command' && known.has(part.script))
        expect(actual[index], 'a listed difference is gone: take it off the list').not.toEqual(
          part,
        );
  });
});
