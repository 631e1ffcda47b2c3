import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startControlPlane } from '../../../engine/cluster/control-plane.node.ts';
import { kubernetesTools } from './kubernetes-tools.ts';
import { runTranscript } from './run-transcript.ts';
import { parseTranscript, type Command, type Transcript } from './transcript.ts';

/** Who asks the real API server in the recordings. */
const TOKEN = 'administrator';
const administrator = { username: 'kubernetes-admin', uid: 'admin', groups: ['system:masters'] };

/** The way to the server, with the token in place of a certificate, which would go before a command's own token. */
function withToken(kubeconfig: string): string {
  const [before = ''] = kubeconfig.split('users:');
  return `${before}users: [{ name: kubernetes-admin, user: { token: ${TOKEN} } }]\n`;
}

/** The recorded server tells nobody its address. */
const QUIET = ['endpoints', 'endpointslices'].map((kind): Command => ({
  kind: 'command',
  script: `kubectl delete ${kind} kubernetes`,
  line: 0,
  output: '',
}));

/** Runs the commands on a new, empty control plane of ours. */
async function replay(transcript: Transcript): Promise<Transcript> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'kubectl-'));
  const cluster = await startControlPlane({
    port: 0,
    tokens: new Map([[TOKEN, administrator]]),
    onError: console.error,
  });
  try {
    const kubeconfig = path.join(home, 'kubeconfig');
    await writeFile(kubeconfig, withToken(cluster.kubeconfig));
    const shell = { kubeconfig, tools: await kubernetesTools() };
    await runTranscript(QUIET, shell);
    return await runTranscript(transcript, shell);
  } finally {
    await cluster.close();
    await rm(home, { recursive: true });
  }
}

const folder = path.join(import.meta.dirname, 'transcripts');
const recordings = readdirSync(folder)
  .sort()
  .map((name) => ({
    name,
    recorded: parseTranscript(readFileSync(path.join(folder, name), 'utf8')),
  }));

const replays = new Map<number, Promise<Transcript>>();

/** What the commands print here; run once, whoever asks. */
function replayOf(index: number): Promise<Transcript> {
  const known = replays.get(index) ?? replay(recordings[index]?.recorded ?? []);
  replays.set(index, known);
  // Its own tests tell of a failure.
  known.catch(() => {});
  return known;
}

for (const [index, { name, recorded }] of recordings.entries()) {
  describe(name, () => {
    let replayed: Transcript = [];
    beforeAll(async () => {
      const running = replayOf(index);
      // kubectl and its server wait for each other, so that one cluster alone leaves half of two cores idle.
      if (index + 1 < recordings.length) void replayOf(index + 1);
      replayed = await running;
    });
    for (const [position, part] of recorded.entries()) {
      if (part.kind !== 'command') continue;
      it(`line ${part.line}: ${part.script.split('\n')[0]}`, () => {
        expect((replayed[position] as Command).output).toBe(part.output);
      });
    }
  });
}
