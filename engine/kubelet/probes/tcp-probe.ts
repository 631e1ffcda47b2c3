import { messageOf } from '../../base/message-of.ts';
import { ProbeTime, type ProbeNetwork } from './probe-dial.ts';
import { failure, hostPort, ProbeTimeout, success, type ProbeResult } from './probe-result.ts';

/** Whether somebody takes connections there. @param timeout milliseconds */
export async function tcpProbe(
  network: ProbeNetwork,
  host: string,
  port: number,
  timeout: number,
): Promise<ProbeResult> {
  const address = hostPort(host, port);
  try {
    await new ProbeTime(network, timeout).run((time) => time.dial(address));
    return success;
  } catch (error) {
    if (error instanceof ProbeTimeout) return failure(`dial tcp ${address}: i/o timeout`);
    return failure(messageOf(error));
  }
}
