import type { Service } from '../../objects/generated/core-v1.generated.ts';

/** Services that Pods of all namespaces see, and that `enableServiceLinks: false` does not hide. */
const MASTER_SERVICES: ReadonlySet<string> = new Set(['kubernetes']);
const MASTER_NAMESPACE = 'default';

/**
 * The variables that tell containers where Services are (`WEB_SERVICE_HOST`, and the names that Docker's links
 * had), of the Services that a Pod of the namespace sees.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  enableServiceLinks: boolean,
): Map<string, string> {
  const seen = new Map<string, Service>();
  for (const service of services) {
    const { clusterIP = '' } = service.spec;
    if (clusterIP === '' || clusterIP === 'None') continue;
    const { name = '' } = service.metadata;
    if (service.metadata.namespace === MASTER_NAMESPACE && MASTER_SERVICES.has(name)) {
      if (!seen.has(name)) seen.set(name, service);
    } else if (service.metadata.namespace === namespace && enableServiceLinks) {
      seen.set(name, service);
    }
  }
  const variables = new Map<string, string>();
  for (const service of seen.values()) addVariables(variables, service);
  return variables;
}

function addVariables(variables: Map<string, string>, { metadata, spec }: Service): void {
  const prefix = variableName(metadata.name ?? '');
  const { clusterIP: address = '', ports = [] } = spec;
  const [first] = ports;
  if (first === undefined) return;
  variables.set(`${prefix}_SERVICE_HOST`, address);
  variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const { name = '', port } of ports)
    if (name !== '') variables.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port));
  const host = address.includes(':') ? `[${address}]` : address;
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const scheme = protocol.toLowerCase();
    const url = `${scheme}://${host}:${port}`;
    if (index === 0) variables.set(`${prefix}_PORT`, url);
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    variables.set(link, url);
    variables.set(`${link}_PROTO`, scheme);
    variables.set(`${link}_PORT`, String(port));
    variables.set(`${link}_ADDR`, address);
  }
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
