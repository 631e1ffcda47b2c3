import type { RuntimeService } from '../../runtime/cri/types.ts';
import type { Container, ExecAction, Probe } from '../../objects/generated/core-v1.generated.ts';
import { expandVariables } from '../config/expansion.ts';
import { execProbe } from './exec-probe.ts';
import { grpcProbe } from './grpc-probe.ts';
import { httpProbe } from './http-probe.ts';
import type { ProbeNetwork } from './probe-dial.ts';
import type { ProbeResult } from './probe-result.ts';
import { tcpProbe } from './tcp-probe.ts';

/** What a probe is made of. */
export interface ProbeTarget {
  readonly container: Container;
  /** of the runtime */
  readonly containerId: string;
  readonly podIp: string;
}

export interface ProbeTools extends ProbeNetwork {
  readonly cri: Pick<RuntimeService, 'execSync'>;
}

/** One try. Throws when the probe cannot be made at all. */
export async function runProbe(
  tools: ProbeTools,
  probe: Probe,
  { container, containerId, podIp }: ProbeTarget,
): Promise<ProbeResult> {
  const { exec, httpGet, tcpSocket, grpc, timeoutSeconds = 1 } = probe;
  const milliseconds = timeoutSeconds * 1000;
  const hostOf = (host = ''): string => (host === '' ? podIp : host);
  if (exec !== undefined)
    return execProbe(tools.cri, containerId, commandOf(exec, container), timeoutSeconds);
  if (httpGet !== undefined) {
    const target = { host: hostOf(httpGet.host), port: portOf(httpGet.port, container) };
    return httpProbe(tools, httpGet, target, milliseconds);
  }
  if (tcpSocket !== undefined) {
    const port = portOf(tcpSocket.port, container);
    return tcpProbe(tools, hostOf(tcpSocket.host), port, milliseconds);
  }
  if (grpc !== undefined) {
    const { port, service = '', mode } = grpc;
    return grpcProbe(tools, { host: podIp, port, service, tls: mode === 'TLS' }, timeoutSeconds);
  }
  throw new Error(`missing probe handler for ${container.name}`);
}

/** References to variables that the container's specification gives a value are replaced; others are not known here. */
function commandOf({ command = [] }: ExecAction, { env = [] }: Container): readonly string[] {
  const values = new Map(env.map(({ name, value = '' }) => [name, value]));
  return command.map((word) => expandVariables(word, values));
}

/** A port's number, for its name among the container's. */
function portOf(port: number | string, { ports = [] }: Container): number {
  const number =
    typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.containerPort;
  if (number === undefined) throw new Error(`port ${JSON.stringify(port)} not found`);
  if (number < 1 || number > 65_535) throw new Error(`invalid port number: ${number}`);
  return number;
}
