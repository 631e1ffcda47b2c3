import type { Service } from '../../objects/generated/core-v1.generated.ts';
import { notFound, serviceUnavailable } from '../../objects/status/status-error.ts';
import type { Lister } from '../registry/lister.ts';

export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** Where a Service is reached from the control plane: at its own address (kube-aggregator `ResolveCluster`). */
export class Services {
  readonly #services: Lister<Service>;

  constructor(services: Lister<Service>) {
    this.#services = services;
  }

  get(namespace: string, name: string): Service | undefined {
    return this.#services.get(namespace, name);
  }

  /** Errors: `NotFound`; `ServiceUnavailable` without such a port; an `Error` for Services that have no address. */
  resolve({ namespace, name, port }: ServicePort): {
    readonly host: string;
    readonly port: number;
  } {
    const { spec } = this.get(namespace, name) ?? {};
    if (spec === undefined) throw notFound({ group: '', name: 'service' }, name);
    if (spec.type === 'ExternalName') return { host: spec.externalName ?? '', port };
    if (spec.clusterIP === 'None') throw new Error('cannot route to service with ClusterIP "None"');
    if (!(spec.ports ?? []).some((one) => one.port === port))
      throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`);
    return { host: spec.clusterIP ?? '', port };
  }
}
