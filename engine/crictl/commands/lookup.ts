import type {
  CriContainer,
  CriImage,
  PodSandbox,
  RuntimeService,
} from '../../runtime/cri/types.ts';
import { goRegExp } from '../../objects/go-regexp.ts';
import type { Context } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import type { Flag, Options } from '../flags.ts';

/** Digits of an id that lists show. */
const SHORT_ID = 13;

export const shortId = (id: string, prefix = ''): string =>
  (id.startsWith(prefix) ? id.slice(prefix.length) : id).slice(0, SHORT_ID);

const POD_NAME = 'io.kubernetes.pod.name';
const POD_NAMESPACE = 'io.kubernetes.pod.namespace';

export const podNameOf = ({ labels }: CriContainer): string => labels[POD_NAME] ?? 'unknown';
export const podNamespaceOf = ({ labels }: CriContainer): string =>
  labels[POD_NAMESPACE] ?? 'unknown';

/** Flags that choose containers. */
export const containerFilters: readonly Flag[] = [
  { name: 'name', kind: 'text', usage: 'Filter by container name regular expression pattern' },
  { name: 'pod', short: 'p', kind: 'text', usage: 'Filter by pod id' },
  { name: 'image', kind: 'text', usage: 'Filter by container image' },
  { name: 'state', short: 's', kind: 'text', usage: 'Filter by container state' },
  { name: 'label', kind: 'texts', usage: 'Filter by key=value label' },
  {
    name: 'latest',
    short: 'l',
    kind: 'flag',
    usage: 'Show the most recently created container (includes all states)',
  },
  {
    name: 'last',
    short: 'n',
    kind: 'number',
    usage: 'Show last n recently created containers (includes all states). Set 0 for unlimited.',
  },
];

export const namespaceFilter: Flag = {
  name: 'namespace',
  kind: 'text',
  usage: 'Filter by pod namespace regular expression pattern',
};

/** Flags that choose Pods. */
export const podFilters: readonly Flag[] = [
  { name: 'name', kind: 'text', usage: 'Filter by pod name regular expression pattern' },
  namespaceFilter,
  { name: 'state', short: 's', kind: 'text', usage: 'Filter by pod state' },
  { name: 'label', kind: 'texts', usage: 'Filter by key=value label' },
  { name: 'latest', short: 'l', kind: 'flag', usage: 'Show the most recently created pod' },
  {
    name: 'last',
    short: 'n',
    kind: 'number',
    usage: 'Show last n recently created pods. Set 0 for unlimited',
  },
];

/** `key=value` of `--label`. */
export function labelsOf(options: Options): readonly (readonly [string, string])[] {
  return options.texts('label').map((text) => {
    const [key, value, ...more] = text.split('=');
    if (key === undefined || value === undefined || more.length > 0)
      throw new CrictlError(`incorrectly specified label: ${text}`);
    return [key, value];
  });
}

export function matchesLabels(
  { labels }: { readonly labels: Readonly<Record<string, string>> },
  wanted: readonly (readonly [string, string])[],
): boolean {
  return wanted.every(([key, value]) => labels[key] === value);
}

function pattern(text: string): RegExp {
  const compiled = goRegExp(text);
  if (compiled === undefined) throw new CrictlError(`invalid regular expression "${text}"`);
  return compiled;
}

/** The newest first, as many as were asked for. */
function newest<T extends { readonly createdAt: number }>(
  found: readonly T[],
  options: Options,
): T[] {
  const last = options.number('last');
  const count = last > 0 ? last : options.flag('latest') ? 1 : found.length;
  return found.toSorted((one, other) => other.createdAt - one.createdAt).slice(0, count);
}

const CONTAINER_STATES: Readonly<Record<string, CriContainer['state']>> = {
  created: 'CONTAINER_CREATED',
  running: 'CONTAINER_RUNNING',
  exited: 'CONTAINER_EXITED',
  unknown: 'CONTAINER_UNKNOWN',
};

export async function listContainers({ cri, options }: Context): Promise<CriContainer[]> {
  const state = options.text('state').toLowerCase();
  if (state !== '' && CONTAINER_STATES[state] === undefined)
    throw new CrictlError('--state should be one of created, running, exited or unknown');
  const isAnyState = options.flag('latest') || options.number('last') > 0;
  const wantedState =
    state === ''
      ? options.flag('all')
        ? undefined
        : 'CONTAINER_RUNNING'
      : CONTAINER_STATES[state];
  const labels = labelsOf(options);
  const name = pattern(options.text('name'));
  const namespace = pattern(options.text('namespace'));
  const image = options.text('image');
  const imageId = image === '' ? '' : (await cri.imageStatus(image))?.id;
  const all = await cri.listContainers();
  const found = all.filter(
    (container) =>
      container.id.startsWith(options.text('id')) &&
      container.podSandboxId.startsWith(options.text('pod')) &&
      (isAnyState || wantedState === undefined || container.state === wantedState) &&
      matchesLabels(container, labels) &&
      name.test(container.metadata.name) &&
      namespace.test(podNamespaceOf(container)) &&
      (image === '' || container.image === imageId),
  );
  return newest(found, options);
}

export async function listPods({ cri, options }: Context): Promise<PodSandbox[]> {
  const state = options.text('state').toLowerCase();
  if (!['', 'ready', 'notready'].includes(state))
    throw new CrictlError('--state should be ready or notready');
  const labels = labelsOf(options);
  const name = pattern(options.text('name'));
  const namespace = pattern(options.text('namespace'));
  const found = (await cri.listPodSandbox()).filter(
    (pod) =>
      pod.id.startsWith(options.text('id')) &&
      (state === '' || pod.state === `SANDBOX_${state.toUpperCase()}`) &&
      matchesLabels(pod, labels) &&
      name.test(pod.metadata.name) &&
      namespace.test(pod.metadata.namespace),
  );
  return newest(found, options);
}

/** Of a repository's images when one is named. */
export async function listImages({ cri }: Context, wanted = ''): Promise<CriImage[]> {
  const one = wanted === '' ? undefined : await cri.imageStatus(wanted);
  const all = wanted === '' ? await cri.listImages() : one === undefined ? [] : [one];
  const key = ({ repoTags, repoDigests, id }: CriImage) => repoTags[0] ?? repoDigests[0] ?? id;
  return all.toSorted((first, second) => (key(first) < key(second) ? -1 : 1));
}

/** The id that begins so, as the runtime finds it; the text itself when there is none, or more than one. */
function wholeId(all: readonly { readonly id: string }[], text: string): string {
  const found = all.filter(({ id }) => id.startsWith(text));
  return found.length === 1 ? (found[0]?.id ?? text) : text;
}

export const containerId = async (cri: RuntimeService, text: string): Promise<string> =>
  wholeId(await cri.listContainers(), text);
export const podId = async (cri: RuntimeService, text: string): Promise<string> =>
  wholeId(await cri.listPodSandbox(), text);
