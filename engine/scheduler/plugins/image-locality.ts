import type { Container, PodSpec } from '../../objects/generated/core-v1.generated.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import { MAX_NODE_SCORE, type PluginFactory } from '../framework/plugin.ts';
import { NAMES } from './names.ts';

const MIB = 1024 * 1024;
/** Bytes below which an image is as good as pulled, and above which one container's count no more. */
const SMALL = 23 * MIB;
const LARGE = 1000 * MIB;

/** `nginx` is `nginx:latest`. */
function withTag(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}

function imagesOf({ containers, initContainers = [], volumes = [] }: PodSpec): string[] {
  const run = [...initContainers, ...(containers ?? [])].map(({ image = '' }: Container) => image);
  const mounted = volumes.flatMap(({ image }) => image?.reference ?? []);
  return [...run, ...mounted].map(withTag);
}

/** Prefers nodes that have the Pod's images, the more so the more nodes have them. */
export const imageLocality: PluginFactory = (_args, { snapshot }) => {
  const bytesOn = (node: NodeInfo, image: string): number => {
    const state = node.images.get(image);
    return state === undefined
      ? 0
      : Math.trunc(state.size * (state.nodes.size / snapshot.nodes.length));
  };
  return {
    name: NAMES.imageLocality,
    score(_state, { pod }, node) {
      if (node.images.size === 0) return 0;
      const images = imagesOf(pod.spec);
      const sum = images.reduce((bytes, image) => bytes + bytesOn(node, image), 0);
      const most = LARGE * images.length;
      const bounded = Math.min(Math.max(sum, SMALL), most);
      return Math.trunc((MAX_NODE_SCORE * (bounded - SMALL)) / (most - SMALL));
    },
  };
};
