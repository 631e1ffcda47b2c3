import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { resourcePath, type Resource, type Stored } from '../../../engine/client/resource.ts';
import { LabError } from '../../../engine/cluster/lab-error.ts';
import type { Pod, Service } from '../../../engine/objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import type { PreviewedMachine } from '../preview/preview-gateway.ts';
import type { AnyObject } from './object-actions.ts';

interface Target {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

/**
 * The ports of a Pod or a Service as the preview looks at ports of a machine: each request goes through the API
 * server's `proxy` of it, as with `kubectl proxy`. Its errors are those of `LabMachine.fetch`.
 */
export function proxiedPorts(
  api: ClusterFacade['api'],
  resource: Resource<KubernetesObject>,
  { name, namespace, uid }: Target,
): PreviewedMachine {
  return {
    // Names of Pods may be too long for the name of a host.
    name: `${resource.kind.toLowerCase()}-${uid.slice(0, 8)}`,
    async fetch(port, request) {
      const prefix = `${resourcePath(resource, { namespace })}/${name}:${port}/proxy`;
      const { pathname, search } = new URL(request.url);
      const answer = await api({
        ...request,
        url: `https://kubernetes${prefix}${pathname}${search}`,
      });
      const { status, statusText = '', body } = answer;
      const headers = new Headers(answer.headers);
      const stream = body instanceof Uint8Array ? new Blob([new Uint8Array(body)]).stream() : body;
      if (status === 503) {
        const text = await new Response(stream).text();
        const message = proxyFailure(text);
        if (message !== undefined) throw new LabError('CONNECTION_REFUSED', message);
        return { status, statusText, headers, body: new Blob([text]).stream() };
      }
      const location = headers.get('location');
      if (location?.startsWith(prefix) === true)
        headers.set('location', location.slice(prefix.length));
      return { status, statusText, headers, body: stream };
    },
  };
}

/** What the API server says when it is not the program that answers. */
function proxyFailure(text: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(text) as { kind?: unknown; message?: unknown };
    return kind === 'Status' ? String(message) : undefined;
  } catch {
    return undefined;
  }
}

/** TCP ports that a Pod's containers or a Service name. */
export function namedPorts(object: Stored<AnyObject>): readonly number[] {
  const { spec } = object as Pod | Service;
  const named =
    spec === undefined
      ? []
      : 'containers' in spec
        ? spec.containers.flatMap(({ ports = [] }) =>
            ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
          )
        : ((spec as Service['spec'])?.ports ?? []);
  return named.flatMap(({ port, protocol = 'TCP' }) => (protocol === 'TCP' ? [port] : []));
}
