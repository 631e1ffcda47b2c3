import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_BRIDGE, dockerEngineOf } from '../../api/docker-engine.ts';
import type { MachineOptions, MachineProgress, ProfileName } from '../../api/machine.ts';
import { AgentClient } from '../agent/agent-client.ts';
import { artifactHash, readManifest, type GuestManifest } from '../artifacts/guest-manifest.ts';
import type { GuestDirectories } from '../worker/guest-directories.node.ts';
import { nodeMachineHost } from '../worker/node-machine-host.node.ts';
import { V86_VERSION } from '../emulator/v86-internals.ts';
import { DOCKERD_ANSWERS } from '../dockerd-answers.ts';
import type { Machine } from '../machine.ts';
import { MachineLoader } from '../machine-loader.ts';
import { compressZstd } from './compress.node.ts';
import { PREPARED_VERSION, stateName, type PreparedState } from './state-file.ts';
import { writeWhole } from './write-whole.node.ts';

/**
 * Level of zstd by profile. Learners download the state of `docker` first of all: 20 is the first level
 * whose window spans the whole state and finds what is in memory twice. Of 25 MB it leaves 5.4 MB in
 * 12 s of native code, where 12 leaves 7.7 MB in 1.4 s and 19 leaves 6.9 MB in 14 s.
 */
const COMPRESSION_LEVELS: Readonly<Record<ProfileName, number>> = {
  docker: 20,
  'docker-reference': 12,
  node: 12,
  bare: 12,
};

/** Names the timer that the kernel uses. */
const TIMER = '/sys/devices/system/clockevents/clockevent0/current_device';
const BOOTS = 3;

/** Run before the state is saved, so that a restored machine has them in memory. */
const SHELL: readonly string[] = ['bash', '-lc', 'ls -la --color=auto /'];

/** What learners type first. Run once after a restore so that the disk chunks they need are known. */
const FIRST_COMMANDS: Readonly<Record<ProfileName, readonly (readonly string[])[]>> = {
  bare: [['bash', '-lc', 'ps aux && ip addr && free -m']],
  node: [['bash', '-lc', 'ps aux && ip addr && free -m']],
  docker: [
    ['bash', '-lc', 'docker --version'],
    ['bash', '-lc', 'ps aux && ip addr && free -m'],
  ],
  'docker-reference': [
    ['bash', '-lc', 'docker ps'],
    ['bash', '-lc', 'ps aux && ip addr && free -m'],
  ],
};

export interface PreparationProgress {
  readonly name: string;
  readonly text: string;
  /** 0 to 1 */
  readonly done: number;
}

export interface StateRequest {
  readonly profile: ProfileName;
  /** MiB; the profile's own when absent */
  readonly memory?: number;
}

async function readPrepared(file: string): Promise<PreparedState | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PreparedState;
  } catch {
    return undefined;
  }
}

/** True when the state is there and was made from this guest. */
async function isCurrent(directory: string, name: string, artifacts: string): Promise<boolean> {
  const prepared = await readPrepared(path.join(directory, `${name}.json`));
  if (prepared?.formatVersion !== PREPARED_VERSION || prepared.artifacts !== artifacts)
    return false;
  // Interrupted before the state was tried.
  if (prepared.laterChunks.length === 0) return false;
  const file = await stat(path.join(directory, prepared.file)).catch(() => undefined);
  return file?.size === prepared.size;
}

/** Files of earlier guests are of no use to anybody. */
async function removeOld(directory: string, name: string, keep: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (
      entry.startsWith(`${name}-`) &&
      /-[0-9a-f]{16}\.zst$/.test(entry) &&
      entry !== keep &&
      entry.length === keep.length
    ) {
      await rm(path.join(directory, entry));
    }
  }
}

/** Restores the state once and does what learners do first, to learn which chunks of the disk that takes. */
async function recordChunks(
  directories: GuestDirectories,
  options: MachineOptions,
): Promise<Pick<PreparedState, 'chunks' | 'laterChunks'>> {
  const machine = await new MachineLoader(nodeMachineHost(directories)).start(options, () => {});
  try {
    await machine.agent.agentCall('run', { argv: SHELL, login: true });
    const chunks = machine.touchedChunks;
    for (const argv of FIRST_COMMANDS[options.profile])
      await machine.agent.agentCall('run', { argv, login: true });
    return { chunks, laterChunks: machine.touchedChunks.slice(chunks.length) };
  } finally {
    machine.dispose();
  }
}

/**
 * Boots cold. Linux tries the timer that can wait for long as it boots, and goes without one that it found wrong because the host
 * was busy just then; all machines restored from that would wake all the time (docs/decisions/039).
 */
async function boot(
  options: MachineOptions,
  directories: GuestDirectories,
  onProgress: (progress: MachineProgress) => void,
): Promise<Machine> {
  for (let attempt = 1; ; attempt++) {
    const machine = await new MachineLoader(nodeMachineHost(directories)).start(
      options,
      onProgress,
    );
    const { stdout } = await new AgentClient(machine.agent).call('run', { argv: ['cat', TIMER] });
    if (stdout.trim() === 'lapic' || attempt === BOOTS) return machine;
    machine.dispose();
  }
}

/** The state of a machine that has little in memory but what a shell needs. */
async function saveReady(machine: Machine): ReturnType<Machine['snapshot']> {
  // Debian's daemons start with the machine: a state saved before they answer would be of little use.
  if (machine.profile === 'docker-reference')
    await machine.agent.agentCall('run', { argv: DOCKERD_ANSWERS });
  // An engine finds its bridge and its rules there: to make them takes `nft`, which is half of the engine's start.
  if (dockerEngineOf(machine.profile) === 'ported')
    await machine.agent.agentCall('bridge.ensure', DEFAULT_BRIDGE);
  await machine.agent.agentCall('quiesce', { dropCaches: true });
  await machine.agent.agentCall('run', { argv: SHELL, login: true });
  return machine.snapshot({ dropCaches: false });
}

async function prepare(
  request: StateRequest,
  name: string,
  manifest: GuestManifest,
  artifacts: string,
  directories: GuestDirectories,
  report: (text: string, done: number) => void,
): Promise<void> {
  const { profile } = request;
  const memory = request.memory ?? manifest.profiles[profile].memory;
  const options: MachineOptions = { profile, memory, hostname: 'drydock', start: { kind: 'cold' } };
  report('booting', 0);
  const onProgress = (progress: MachineProgress): void =>
    report(progress.text, 0.5 * (progress.done / Math.max(1, progress.total)));
  const machine = await boot(options, directories, onProgress);
  report('saving', 0.55);
  const { header, state } = await saveReady(machine).finally(() => machine.dispose());
  report(`compressing ${Math.round(state.byteLength / 2 ** 20)} MiB`, 0.6);
  const content = await compressZstd(new Uint8Array(state), COMPRESSION_LEVELS[profile]);
  const file = `${name}-${artifacts}.zst`;
  await mkdir(directories.states, { recursive: true });
  await writeWhole(path.join(directories.states, file), content);
  const prepared: PreparedState = {
    formatVersion: PREPARED_VERSION,
    profile,
    memory,
    artifacts,
    file,
    size: content.length,
    stateSize: state.byteLength,
    header,
    chunks: [],
    laterChunks: [],
  };
  const description = path.join(directories.states, `${name}.json`);
  await writeWhole(description, JSON.stringify(prepared));
  report('trying it', 0.9);
  const recorded = await recordChunks(directories, { ...options, start: { kind: 'restore' } });
  await writeWhole(description, JSON.stringify({ ...prepared, ...recorded }));
  await removeOld(directories.states, name, file);
  report('done', 1);
}

/**
 * Makes the saved states that are missing or older than the guest: boots each profile cold, quiesces
 * it, saves, compresses. Takes about half a minute a profile.
 */
export async function prepareStates(
  requests: readonly StateRequest[],
  directories: GuestDirectories,
  onProgress: (progress: PreparationProgress) => void,
): Promise<void> {
  const manifest = await readManifest(nodeMachineHost(directories).source);
  for (const request of requests) {
    const profileMemory = manifest.profiles[request.profile].memory;
    const name = stateName(request.profile, request.memory ?? profileMemory, profileMemory);
    const artifacts = await artifactHash(manifest, request.profile, V86_VERSION);
    if (await isCurrent(directories.states, name, artifacts)) continue;
    await prepare(request, name, manifest, artifacts, directories, (text, done) =>
      onProgress({ name, text, done }),
    );
  }
}
