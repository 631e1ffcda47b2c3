import { humanDuration } from '../../base/go-format.ts';
import { outputFlag, type Command, type Context } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import type { Flag } from '../flags.ts';
import {
  containerStatusMessage,
  formatStatus,
  imageMessage,
  podStatusMessage,
} from '../messages.ts';
import { imageSize } from './lists.ts';
import {
  containerFilters,
  containerId,
  listContainers,
  listImages,
  listPods,
  namespaceFilter,
  podFilters,
  podId,
} from './lookup.ts';

const quiet: Flag = {
  name: 'quiet',
  short: 'q',
  kind: 'flag',
  usage: 'Do not show verbose information',
};

/** One thing: what it is in JSON, what the runtime adds, and what it looks like as text. */
interface Inspected {
  readonly status: object;
  readonly info: Readonly<Record<string, unknown>>;
  readonly text: string;
}

async function inspect(
  { options, session, log }: Context,
  found: () => Promise<readonly string[]>,
  look: (id: string) => Promise<Inspected>,
): Promise<void> {
  const ids = options.args.length > 0 ? options.args : await found();
  if (ids.length === 0) {
    await log('error', 'No IDs provided or nothing found per filter');
    throw new CrictlError('', 'help');
  }
  const format = options.text('output') || 'json';
  const isVerbose = !options.flag('quiet');
  const all: Inspected[] = [];
  for (const id of ids) all.push(await look(id));
  if (format === 'table') {
    const infoOf = ({ info }: Inspected): string =>
      isVerbose ? `Info: map[info:${JSON.stringify(info)}]\n` : '';
    await session.stdout(all.map((one) => one.text + infoOf(one)).join(''));
    return;
  }
  const values = all.map(({ status, info }) => (isVerbose ? { status, info } : { status }));
  await session.stdout(formatStatus(values, format));
}

const ago = ({ clock }: Context, time: number): string =>
  `${humanDuration(clock.now() - time)} ago`;

function lines(title: string, values: Readonly<Record<string, string>>): string[] {
  return [
    `${title}:`,
    ...Object.entries(values)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, value]) => `\t${key} -> ${value}`),
  ];
}

const asText = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

async function inspectContainer(context: Context, text: string): Promise<Inspected> {
  const { cri } = context;
  const status = await cri.containerStatus(await containerId(cri, text));
  const { id, metadata, state, createdAt, startedAt, finishedAt, exitCode, pid } = status;
  const listed = (await cri.listContainers()).find((one) => one.id === id);
  return {
    status: containerStatusMessage(status, listed?.image ?? ''),
    info: { sandboxID: status.podSandboxId, pid },
    text: asText([
      `ID: ${id}`,
      `Name: ${metadata.name}`,
      ...(metadata.attempt === 0 ? [] : [`Attempt: ${metadata.attempt}`]),
      `State: ${state}`,
      `Created: ${ago(context, createdAt)}`,
      ...(startedAt === undefined ? [] : [`Started: ${ago(context, startedAt)}`]),
      ...(finishedAt === undefined
        ? []
        : [`Finished: ${ago(context, finishedAt)}`, `Exit Code: ${exitCode ?? 0}`]),
      ...lines('Labels', status.labels),
      ...lines('Annotations', status.annotations),
    ]),
  };
}

async function inspectPod(context: Context, text: string): Promise<Inspected> {
  const { cri } = context;
  const status = await cri.podSandboxStatus(await podId(cri, text));
  const { id, metadata, state, createdAt, ip = '', additionalIps } = status;
  return {
    status: podStatusMessage(status),
    info: { runtimeHandler: status.runtimeHandler },
    text: asText([
      `ID: ${id}`,
      `Name: ${metadata.name}`,
      `UID: ${metadata.uid}`,
      `Namespace: ${metadata.namespace}`,
      `Attempt: ${metadata.attempt}`,
      `Status: ${state}`,
      `Created: ${ago(context, createdAt)}`,
      `IP Addresses: ${ip}`,
      ...additionalIps.map((one) => `Additional IP: ${one}`),
      ...lines('Labels', status.labels),
      ...lines('Annotations', status.annotations),
    ]),
  };
}

async function inspectImage({ cri }: Context, text: string): Promise<Inspected> {
  const image = await cri.imageStatus(text);
  if (image === undefined) throw new CrictlError(`no such image "${text}" present`);
  return {
    status: imageMessage(image),
    info: {},
    text: asText([
      `ID: ${image.id}`,
      ...image.repoTags.map((tag) => `Tag: ${tag}`),
      ...image.repoDigests.map((digest) => `Digest: ${digest}`),
      `Size: ${imageSize(image.size)}`,
    ]),
  };
}

const ids = (found: readonly { readonly id: string }[]): string[] => found.map(({ id }) => id);

export const inspectCommand: Command = {
  name: 'inspect',
  usage: 'Display the status of one or more containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    ...containerFilters,
    namespaceFilter,
    { name: 'all', short: 'a', kind: 'flag', usage: 'Show all containers' },
    outputFlag('json|yaml|table'),
    quiet,
  ],
  run: (context) =>
    inspect(
      context,
      async () => ids(await listContainers(context)),
      (id) => inspectContainer(context, id),
    ),
};

export const inspectp: Command = {
  name: 'inspectp',
  usage: 'Display the status of one or more pods',
  argsUsage: 'POD-ID [POD-ID...]',
  flags: [...podFilters, outputFlag('json|yaml|table'), quiet],
  run: (context) =>
    inspect(
      context,
      async () => ids(await listPods(context)),
      (id) => inspectPod(context, id),
    ),
};

export const inspecti: Command = {
  name: 'inspecti',
  usage: 'Return the status of one or more images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  flags: [
    outputFlag('json|yaml|table'),
    quiet,
    { name: 'name', kind: 'text', usage: 'Filter by image name' },
  ],
  run: (context) =>
    inspect(
      context,
      async () => ids(await listImages(context, context.options.text('name'))),
      (id) => inspectImage(context, id),
    ),
};
