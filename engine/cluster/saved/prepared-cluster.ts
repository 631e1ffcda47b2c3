import { Client } from '../../client/client.ts';
import type { Clock } from '../../base/clock.ts';
import { readJson, type ArtifactSource } from '../../machine/artifacts/artifact-source.ts';
import {
  artifactHash,
  sha256,
  type GuestManifest,
} from '../../machine/artifacts/guest-manifest.ts';
import { V86_VERSION } from '../../machine/emulator/v86-internals.ts';
import { MachineError } from '../../machine/machine-error.ts';
import { PREPARED_VERSION } from '../../machine/states/state-file.ts';
import { installFoundations, installWorkloads } from '../addons/addons.ts';
import { staticPods } from '../components/static-pods.ts';
import { readClusterFile } from './cluster-file.ts';
import { settingsOf, type ClusterSettings, type SavedCluster } from './saved-cluster.ts';

/** Raised when a prepared cluster would be another one although its recipe is the same. */
const VERSION = 1;

/** `states/cluster.json`: describes a cluster of one machine that was saved when it was ready. */
export interface PreparedCluster {
  /** of what it was made */
  readonly recipe: string;
  /** file beside this one: the cluster without its machine, which is a prepared state that it names */
  readonly file: string;
}

/**
 * The prepared cluster, for one with these settings; undefined where there is none, or it was made of something else
 * than what is here now.
 */
export async function loadPreparedCluster(
  source: ArtifactSource,
  settings: ClusterSettings,
): Promise<SavedCluster | undefined> {
  try {
    const { recipe, file } = await readJson<PreparedCluster>(source, 'states/cluster.json');
    if (recipe !== (await clusterRecipe(source))) return undefined;
    const saved = await readClusterFile(new Blob([await source.read(`states/${file}`)]));
    return JSON.stringify(saved.settings) === JSON.stringify(settings) ? saved : undefined;
  } catch (error) {
    if (error instanceof MachineError) return undefined;
    throw error;
  }
}

/** Identifies what a new cluster is made of: the guest and its emulated devices, the manifests of its control plane, and the objects it begins with. */
export async function clusterRecipe(source: ArtifactSource): Promise<string> {
  const decode = async (path: string): Promise<string> =>
    new TextDecoder().decode(await source.read(path));
  const [manifest, images] = await Promise.all([
    decode('guest/manifest.json'),
    decode('guest/images/index.json'),
  ]);
  const settings = settingsOf({});
  const ingredients = [
    VERSION,
    PREPARED_VERSION,
    // What decides whether the state of its machine is taken.
    await artifactHash(JSON.parse(manifest) as GuestManifest, 'node', V86_VERSION),
    await sha256(new TextEncoder().encode(manifest + images)),
    staticPods({ address: '', ...settings }),
    await objectsOf((client) => installFoundations(client)),
    await objectsOf((client) => installWorkloads(client, settings)),
  ];
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(ingredients)));
  return digest.slice(0, 16);
}

/** All that is made when everything is missing. */
async function objectsOf(make: (client: Client) => Promise<void>): Promise<readonly string[]> {
  const made: string[] = [];
  const clock: Clock = { now: () => 0, monotonic: () => 0, setTimer: () => ({ dispose() {} }) };
  await make(
    new Client({
      clock,
      userAgent: '',
      transport: ({ body }) => {
        if (body instanceof Uint8Array) made.push(new TextDecoder().decode(body));
        return Promise.resolve({
          status: 201,
          headers: new Headers({ 'content-type': 'application/json' }),
          body: body instanceof Uint8Array ? body : null,
        });
      },
    }),
  );
  return made.toSorted();
}
