import { parse } from 'yaml';

/** How to reach an API server and who to be there. Certificates and keys are PEM. */
export interface ServerAccess {
  /** such as https://127.0.0.1:6443 */
  readonly server: string;
  /** who signed the server's certificate; the host's authorities when absent */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: string;
  /** where the user works when none is named */
  readonly namespace?: string;
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly {
    readonly name: string;
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string };
  }[];
  readonly users?: readonly {
    readonly name: string;
    readonly user: {
      readonly 'client-certificate-data'?: string;
      readonly 'client-key-data'?: string;
      readonly token?: string;
    };
  }[];
  readonly contexts?: readonly {
    readonly name: string;
    readonly context: {
      readonly cluster: string;
      readonly user: string;
      readonly namespace?: string;
    };
  }[];
}

/**
 * Reads a kubeconfig whose certificates are in it: names of files mean nothing in a worker.
 * @param context the current one when absent
 * @throws RangeError when something it names is not there
 */
export function readKubeconfig(text: string, context?: string): ServerAccess {
  const config = (parse(text) ?? {}) as Kubeconfig;
  const name = context ?? config['current-context'] ?? '';
  const { context: chosen } = find(config.contexts, name, 'context');
  const { cluster } = find(config.clusters, chosen.cluster, 'cluster');
  const { user } = find(config.users, chosen.user, 'user');
  return {
    server: cluster.server,
    ...decoded('ca', cluster['certificate-authority-data']),
    ...decoded('certificate', user['client-certificate-data']),
    ...decoded('key', user['client-key-data']),
    ...(user.token === undefined ? {} : { token: user.token }),
    ...(chosen.namespace === undefined ? {} : { namespace: chosen.namespace }),
  };
}

function find<T extends { readonly name: string }>(
  list: readonly T[] | undefined,
  name: string,
  what: string,
): T {
  const found = list?.find((entry) => entry.name === name);
  if (found === undefined) throw new RangeError(`The kubeconfig has no ${what} "${name}".`);
  return found;
}

function decoded(field: string, base64: string | undefined): Record<string, string> {
  return base64 === undefined ? {} : { [field]: atob(base64) };
}
