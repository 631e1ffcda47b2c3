import { humanDuration, humanSize } from '../../base/go-format.ts';
import type { CriContainer, CriImage, PodSandbox } from '../../runtime/cri/types.ts';
import { outputFlag, type Command, type Context } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import type { Flag } from '../flags.ts';
import { containerMessage, imageMessage, podMessage } from '../messages.ts';
import { listTable } from '../table.ts';
import {
  containerFilters,
  listContainers,
  listImages,
  listPods,
  namespaceFilter,
  podFilters,
  podNamespaceOf,
  podNameOf,
  shortId,
} from './lookup.ts';
import { printedStructured } from './structured.ts';

const quietFlag = (usage: string): Flag => ({ name: 'quiet', short: 'q', kind: 'flag', usage });
const verboseFlag = (usage: string): Flag => ({ name: 'verbose', short: 'v', kind: 'flag', usage });
const noTruncFlag: Flag = {
  name: 'no-trunc',
  kind: 'flag',
  usage: 'Show output without truncating the ID',
};

/** `CONTAINER_RUNNING` → `Running` */
const CONTAINER_STATES: Readonly<Record<CriContainer['state'], string>> = {
  CONTAINER_CREATED: 'Created',
  CONTAINER_RUNNING: 'Running',
  CONTAINER_EXITED: 'Exited',
  CONTAINER_UNKNOWN: 'Unknown',
};
const podState = ({ state }: PodSandbox): string =>
  state === 'SANDBOX_READY' ? 'Ready' : 'NotReady';

const ago = ({ clock }: Context, time: number): string =>
  `${humanDuration(clock.now() - time)} ago`;

/** `Labels:` and what follows. */
function pairs(title: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `\t${key} -> ${value}\n`);
  return `${title}:\n${lines.join('')}`;
}

/** Ids, JSON or YAML; false when neither was asked for. */
async function printed(
  context: Context,
  ids: readonly string[],
  list: () => object,
): Promise<boolean> {
  if (await printedStructured(context, list)) return true;
  const { session, options } = context;
  const format = options.text('output');
  if (format !== 'table' && format !== '')
    throw new CrictlError(`unsupported output format "${format}"`);
  if (!options.flag('quiet')) return false;
  await session.stdout(ids.map((id) => `${id}\n`).join(''));
  return true;
}

function describeContainer(context: Context, container: CriContainer): string {
  const { id, podSandboxId, metadata, state, image, labels, annotations, createdAt } = container;
  return (
    `ID: ${id}\nPodID: ${podSandboxId}\nNamespace: ${podNamespaceOf(container)}\n` +
    `Name: ${metadata.name}\nAttempt: ${metadata.attempt}\nState: ${CONTAINER_STATES[state]}\n` +
    `Image: ${image}\nCreated: ${ago(context, createdAt)}\n` +
    `${pairs('Labels', labels)}${pairs('Annotations', annotations)}\n`
  );
}

export const ps: Command = {
  name: 'ps',
  usage: 'List containers',
  flags: [
    ...containerFilters,
    namespaceFilter,
    { name: 'id', kind: 'text', usage: 'Filter by container id' },
    { name: 'all', short: 'a', kind: 'flag', usage: 'Show all containers' },
    verboseFlag('Show verbose information for containers'),
    quietFlag('Only display container IDs'),
    outputFlag('json|yaml|table', 'table'),
    noTruncFlag,
    {
      name: 'resolve-image-path',
      short: 'r',
      kind: 'flag',
      usage: 'Show image path instead of image id',
    },
  ],
  async run(context) {
    const { options, session, cri } = context;
    if (options.args.length > 0) throw new CrictlError('', 'help');
    const found = await listContainers(context);
    const ids = found.map(({ id }) => id);
    if (await printed(context, ids, () => ({ containers: found.map(containerMessage) }))) return;
    if (options.flag('verbose')) {
      await session.stdout(found.map((one) => describeContainer(context, one)).join(''));
      return;
    }
    const shown = (id: string, prefix = ''): string =>
      options.flag('no-trunc') ? id : shortId(id, prefix);
    const rows = await Promise.all(
      found.map(async (container) => {
        const { id, image, createdAt, state, metadata, podSandboxId } = container;
        const path = options.flag('resolve-image-path')
          ? (await cri.imageStatus(image))?.repoTags[0]
          : undefined;
        return [
          shown(id),
          path ?? (image.startsWith('sha256:') ? shown(image, 'sha256:') : image),
          ago(context, createdAt),
          CONTAINER_STATES[state],
          metadata.name,
          String(metadata.attempt),
          shown(podSandboxId),
          podNameOf(container),
          podNamespaceOf(container),
        ];
      }),
    );
    await session.stdout(
      listTable([
        ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
        ...rows,
      ]),
    );
  },
};

const runtimeOf = ({ runtimeHandler }: PodSandbox): string =>
  runtimeHandler === '' ? '(default)' : runtimeHandler;

function describePod(pod: PodSandbox): string {
  const { id, metadata, createdAt, labels, annotations } = pod;
  const { name, uid, namespace, attempt } = metadata;
  return (
    `ID: ${id}\nName: ${name}\nUID: ${uid}\nNamespace: ${namespace}\n${
      attempt === 0 ? '' : `Attempt: ${attempt}\n`
    }Status: ${podState(pod)}\nCreated: ${new Date(createdAt).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC')}\n` +
    `${pairs('Labels', labels)}${pairs('Annotations', annotations)}Runtime: ${runtimeOf(pod)}\n\n`
  );
}

export const pods: Command = {
  name: 'pods',
  usage: 'List pods',
  flags: [
    ...podFilters,
    { name: 'id', kind: 'text', usage: 'filter by pod id' },
    verboseFlag('Show verbose info for pods'),
    quietFlag('List only pod IDs'),
    outputFlag('json|yaml|table', 'table'),
    noTruncFlag,
  ],
  async run(context) {
    const { options, session } = context;
    const found = await listPods(context);
    const ids = found.map(({ id }) => id);
    if (await printed(context, ids, () => ({ items: found.map(podMessage) }))) return;
    if (options.flag('verbose')) {
      await session.stdout(found.map(describePod).join(''));
      return;
    }
    await session.stdout(
      listTable([
        ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
        ...found.map((pod) => [
          options.flag('no-trunc') ? pod.id : shortId(pod.id),
          ago(context, pod.createdAt),
          podState(pod),
          pod.metadata.name,
          pod.metadata.namespace,
          String(pod.metadata.attempt),
          runtimeOf(pod),
        ]),
      ]),
    );
  },
};

function describeImage(image: CriImage): string {
  const { id, repoTags, repoDigests, size, uid, username, pinned } = image;
  return [
    `ID: ${id}`,
    ...repoTags.map((tag) => `RepoTags: ${tag}`),
    ...repoDigests.map((digest) => `RepoDigests: ${digest}`),
    ...(size === 0 ? [] : [`Size: ${size}`]),
    ...(uid === undefined ? [] : [`Uid: value:${uid}`]),
    ...(username === '' ? [] : [`Username: ${username}`]),
    ...(pinned ? ['Pinned: true'] : []),
    '\n',
  ].join('\n');
}

/** Three significant digits. */
export const imageSize = (bytes: number): string => humanSize(bytes, 3);

export const images: Command = {
  name: 'images',
  aliases: ['image', 'img'],
  usage: 'List images',
  argsUsage: '[REPOSITORY[:TAG]]',
  flags: [
    verboseFlag('Show verbose info for images'),
    quietFlag('Only show image IDs'),
    outputFlag('json|yaml|table'),
    { name: 'digests', kind: 'flag', usage: 'Show digests' },
    noTruncFlag,
    { name: 'pinned', kind: 'flag', usage: 'Show whether the image is pinned or not' },
  ],
  async run(context) {
    const { options, session } = context;
    if (options.args.length > 1) throw new CrictlError('', 'help');
    const found = await listImages(context, options.args[0]);
    const ids = found.map(({ id }) => id);
    if (await printed(context, ids, () => ({ images: found.map(imageMessage) }))) return;
    if (options.flag('verbose')) {
      await session.stdout(found.map(describeImage).join(''));
      return;
    }
    const [digests, pinned] = [options.flag('digests'), options.flag('pinned')];
    const shown = (id: string): string => (options.flag('no-trunc') ? id : shortId(id, 'sha256:'));
    const row = (image: CriImage, name: string, tag: string, digest: string): string[] => [
      name,
      tag,
      ...(digests ? [shown(digest)] : []),
      shown(image.id),
      imageSize(image.size),
      ...(pinned ? [String(image.pinned)] : []),
    ];
    const rows = found.flatMap((image) => {
      const [name = '<none>', digest = '<none>'] = image.repoDigests[0]?.split('@') ?? [];
      if (image.repoTags.length === 0) return [row(image, name, '<none>', digest)];
      return image.repoTags.map((tag) => {
        const colon = tag.lastIndexOf(':');
        return row(image, tag.slice(0, colon), tag.slice(colon + 1), digest);
      });
    });
    await session.stdout(
      listTable([
        [
          'IMAGE',
          'TAG',
          ...(digests ? ['DIGEST'] : []),
          'IMAGE ID',
          'SIZE',
          ...(pinned ? ['PINNED'] : []),
        ],
        ...rows,
      ]),
    );
  },
};
