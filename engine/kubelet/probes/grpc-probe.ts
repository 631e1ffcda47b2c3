import { messageOf } from '../../base/message-of.ts';
import { concatBytes } from '../../http/index.ts';
import { goQuote } from '../../objects/go-text.ts';
import { GrpcConnection, type GrpcAnswer } from './grpc/unary-call.ts';
import { ProbeTime, type ProbeNetwork } from './probe-dial.ts';
import { failure, hostPort, ProbeTimeout, type ProbeResult } from './probe-result.ts';

const PATH = '/grpc.health.v1.Health/Check';
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const SERVING = 1;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
/** By number, as Go prints them. */
const CODES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

export interface GrpcTarget {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly tls: boolean;
}

/** Asks the health service of a server (grpc.health.v1) whether it serves. @param timeoutSeconds whole seconds */
export async function grpcProbe(
  network: ProbeNetwork,
  { host, port, service, tls }: GrpcTarget,
  timeoutSeconds: number,
): Promise<ProbeResult> {
  const address = hostPort(host, port);
  let connected = false;
  try {
    return await new ProbeTime(network, timeoutSeconds * 1000).run(async (time) => {
      const stream = await time.dial(address, tls ? { protocols: ['h2'] } : undefined);
      const connection = await GrpcConnection.open(stream, time.signal);
      connected = true;
      const answer = await connection.call({
        authority: address,
        scheme: tls ? 'https' : 'http',
        path: PATH,
        userAgent: `kube-probe/${network.version} grpc-typescript`,
        message: healthCheckRequest(service),
      });
      return judge(answer);
    });
  } catch (error) {
    // Upstream tries to connect until the time is over, whatever keeps it from it.
    if (!connected)
      return failure(
        `timeout: failed to connect service ${goQuote(address)} within ${timeoutSeconds}s: context deadline exceeded`,
      );
    if (error instanceof ProbeTimeout)
      return failure(`timeout: health rpc did not complete within ${timeoutSeconds}s`);
    return judge({
      code: UNAVAILABLE,
      description: messageOf(error),
      message: new Uint8Array(0),
    });
  }
}

function judge({ code, description, message }: GrpcAnswer): ProbeResult {
  if (code === UNIMPLEMENTED)
    return failure(
      `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${description}`,
    );
  if (code !== 0)
    return failure(
      `error: health rpc probe failed: rpc error: code = ${CODES[code] ?? `Code(${code})`} desc = ${description}`,
    );
  const status = servingStatus(message);
  return status === SERVING
    ? { result: 'success', output: 'service healthy' }
    : failure(`service unhealthy (responded with ${goQuote(STATUSES[status] ?? String(status))})`);
}

/** Field 1 is the service's name (protobuf: tag 0x0a, length, bytes). */
function healthCheckRequest(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  if (name.length === 0) return name;
  const length = name.length < 128 ? [name.length] : [(name.length % 128) + 128, name.length >> 7];
  return concatBytes(Uint8Array.of(0x0a, ...length), name);
}

/** Field 1 is the status (tag 0x08); `UNKNOWN` when it is absent. */
const servingStatus = (message: Uint8Array): number =>
  message[0] === 0x08 ? (message[1] ?? 0) : 0;
