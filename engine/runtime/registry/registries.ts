import type { ByteStream } from '../../api/byte-stream.ts';
import type { HubService } from '../../api/hub.ts';
import { httpExchange } from '../../http/index.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { connectPort } from '../../rpc/rpc-client.ts';
import { RpcError } from '../../rpc/rpc-error.ts';
import type { RegistryFetch } from '../types.ts';

/** Names under which Docker knows its Hub, the token service and the search that belong to it; and Kubernetes' registry. */
const HUB_NAMES = [
  'registry-1.docker.io',
  'index.docker.io',
  'auth.docker.io',
  'docker.io',
  'registry.k8s.io',
];

/** Leads to the worker that holds the registry. */
export type OpenHub = () => Promise<MessagePort>;
/** A TCP connection inside the machine, to `address:port`. */
export type Dial = (address: string) => Promise<ByteStream>;

/**
 * The registries that can be reached from here: Docker Hub in its worker, and those that run inside the machine,
 * on loopback addresses. Others fail as names that DNS does not know.
 */
export function registries(openHub: OpenHub, dial: Dial): RegistryFetch {
  const connectToHub = hubConnections(openHub);
  return async (request) => {
    const { hostname, port, protocol } = new URL(request.url);
    if (HUB_NAMES.includes(hostname)) return httpExchange(await connectToHub(), request);
    const isLoopback = hostname === 'localhost' || hostname.startsWith('127.');
    if (!isLoopback || protocol !== 'http:')
      throw new Error(`dial tcp: lookup ${hostname}: no such host`);
    const address = `${hostname === 'localhost' ? '127.0.0.1' : hostname}:${port || 80}`;
    return httpExchange(await dialled(dial, address), request);
  };
}

async function dialled(dial: Dial, address: string): Promise<ByteStream> {
  try {
    return await dial(address);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const reason = error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.message;
    throw new Error(`dial tcp ${address}: ${reason}`, { cause: error });
  }
}

/** Connections to the registry. Opens the port at the first one, and another when the registry's worker has died since. */
export function hubConnections(openHub: OpenHub): () => Promise<ByteStream> {
  let opening: Promise<HubService> | undefined;
  const open = async (): Promise<HubService> => connectPort<HubService>(await openHub()).service;
  const connect = async (): Promise<ByteStream> => {
    opening ??= open();
    const current = opening;
    try {
      return await (await current).connect();
    } catch (error) {
      if (opening === current) opening = undefined;
      throw error;
    }
  };
  return () =>
    connect().catch((error: unknown) => {
      if (error instanceof RpcError && error.code === 'DISCONNECTED') return connect();
      throw error;
    });
}
