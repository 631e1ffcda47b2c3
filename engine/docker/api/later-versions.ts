/**
 * What versions of the API after 1.41 changed in answers. Answers are made as 1.41 has them, which is what
 * Docker 20.10 speaks. Source: "Engine API version history", docs.docker.com.
 */
import type { ApiRequest } from './api-request.ts';

type Fields = Readonly<Record<string, unknown>>;

function without(fields: Fields, ...names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** An image, inspected or in a list. */
export function laterImage(image: Fields, request: ApiRequest): Fields {
  let answer = image;
  if (request.speaks('1.43')) {
    const named = (value: unknown): unknown =>
      Array.isArray(value) ? value.filter((name) => !String(name).startsWith('<none>')) : [];
    answer = {
      ...answer,
      RepoDigests: named(answer['RepoDigests']),
      RepoTags: named(answer['RepoTags']),
    };
  }
  return request.speaks('1.44') ? without(answer, 'VirtualSize') : answer;
}

/** A container, inspected. */
export function laterContainer(container: Fields, request: ApiRequest): Fields {
  let answer = container;
  if (request.speaks('1.42')) {
    const host = container['HostConfig'] as Fields;
    answer = { ...answer, HostConfig: without(host, 'KernelMemory', 'KernelMemoryTCP') };
  }
  if (request.speaks('1.44')) {
    const settings = container['NetworkSettings'] as Fields;
    const networks = Object.entries(settings['Networks'] as Readonly<Record<string, Fields>>);
    const name = String(container['Name']).slice(1);
    const withNames = networks.map(([network, endpoint]) => {
      const aliases = (endpoint['Aliases'] ?? []) as readonly string[];
      const names = aliases.length === 0 ? null : [...new Set([name, ...aliases])];
      return [network, { ...endpoint, DNSNames: names }] as const;
    });
    answer = {
      ...answer,
      NetworkSettings: { ...settings, Networks: Object.fromEntries(withNames) },
    };
  }
  return answer;
}

/** `/info` */
export function laterInfo(info: Fields, request: ApiRequest): Fields {
  const answer = request.speaks('1.42') ? without(info, 'KernelMemory', 'KernelMemoryTCP') : info;
  return request.speaks('1.44') ? { ...answer, CDISpecDirs: [] } : answer;
}

/** `/system/df`, of which clients may want parts since 1.42. */
export function laterDiskUsage(usage: Fields, request: ApiRequest): Fields {
  if (!request.speaks('1.42')) return usage;
  const parts: Readonly<Record<string, readonly string[]>> = {
    container: ['Containers'],
    image: ['Images', 'LayersSize'],
    volume: ['Volumes'],
    'build-cache': ['BuildCache'],
  };
  const types = request.query.getAll('type');
  const wanted = types.length === 0 ? Object.keys(parts) : types;
  const unwanted = Object.keys(parts).filter((type) => !wanted.includes(type));
  const left = without(usage, 'BuilderSize', ...unwanted.flatMap((type) => parts[type] ?? []));
  const images = left['Images'] as readonly Fields[] | undefined;
  if (images === undefined) return left;
  return { ...left, Images: images.map((image) => laterImage(image, request)) };
}

/** The type of a body with output: since 1.42 it tells whether the streams are multiplexed. */
export function outputType(request: ApiRequest, isMultiplexed: boolean): string {
  const kind = isMultiplexed && request.speaks('1.42') ? 'multiplexed' : 'raw';
  return `application/vnd.docker.${kind}-stream`;
}
