import { AgentError } from '../../machine/agent/agent-error.ts';
import { ownHostsLine, resolvConf } from '../oci/network-files.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { EndpointConfig, NetworkMode, Sandbox } from '../types.ts';
import { containerPaths } from './container-paths.ts';
import { findRecord, isRunning, type RuntimeContext } from './context.ts';
import type { ContainerRecord } from './records.ts';

/** Containers that join and leave networks, running or not. Changes of one container follow each other under its lock. */
export class Networking {
  readonly #context: RuntimeContext;

  constructor(context: RuntimeContext) {
    this.#context = context;
  }

  connect(id: string, wanted: EndpointConfig): Promise<void> {
    return this.#change(id, async (record, endpoints) => {
      const { networks, sandboxes } = this.#context;
      const { id: network, name } = networks.get(wanted.network);
      if (endpoints.some((one) => networks.find(one.network)?.id === network))
        throw new RuntimeError(
          'FORBIDDEN',
          `endpoint with name ${wanted.names?.[0] ?? id} already exists in network ${name}`,
        );
      const endpoint = { ...wanted, network };
      const before = record.sandbox;
      if (isRunning(record) && before !== undefined)
        await this.#refresh(record, await sandboxes.connect(before, endpoint), before);
      return [...endpoints, endpoint];
    });
  }

  disconnect(id: string, networkId: string): Promise<void> {
    return this.#change(id, async (record, endpoints) => {
      const { networks, sandboxes } = this.#context;
      const left = endpoints.filter((one) => networks.find(one.network)?.id !== networkId);
      if (left.length === endpoints.length)
        throw new RuntimeError(
          'NOT_FOUND',
          `container ${id} is not connected to network ${networks.find(networkId)?.name ?? networkId}`,
        );
      const before = record.sandbox;
      if (isRunning(record) && before !== undefined)
        await this.#refresh(record, await sandboxes.disconnect(before, networkId), before);
      return left;
    });
  }

  name(id: string, networkId: string, names: readonly string[]): Promise<void> {
    return this.#change(id, async (record, endpoints) => {
      const { networks, sandboxes } = this.#context;
      if (isRunning(record) && record.sandbox !== undefined)
        record.sandbox = await sandboxes.name(record.sandbox, networkId, names);
      return endpoints.map((one) =>
        networks.find(one.network)?.id === networkId ? { ...one, names } : one,
      );
    });
  }

  moveHost(id: string, name: string, address: string): Promise<void> {
    const { agent, lock } = this.#context;
    return lock.run(id, async () => {
      const record = findRecord(this.#context, id);
      if (!isRunning(record)) return;
      const { hosts: path } = containerPaths(record.config);
      const lines = (await this.#read(path)).split('\n').map((line) => {
        const [old = '', names = ''] = line.split('\t');
        return names.split(' ', 1)[0] === name && old !== '' ? `${address}\t${names}` : line;
      });
      await agent.writeFile(path, lines.join('\n'), { inPlace: true });
    });
  }

  #change(
    id: string,
    change: (
      record: ContainerRecord,
      endpoints: readonly EndpointConfig[],
    ) => Promise<readonly EndpointConfig[]>,
  ): Promise<void> {
    const { book, lock } = this.#context;
    return lock.run(id, async () => {
      const record = findRecord(this.#context, id);
      const { sandbox } = record.config;
      if (sandbox.kind !== 'own' || sandbox.network.kind === 'host')
        throw new RuntimeError(
          'INVALID',
          'container sharing network namespace with another container or host cannot be connected to any other network',
        );
      const before = sandbox.network.kind === 'bridge' ? sandbox.network.endpoints : [];
      const endpoints = await change(record, before);
      const network: NetworkMode = { kind: 'bridge', endpoints };
      record.config = { ...record.config, sandbox: { ...sandbox, network } };
      await book.save();
    });
  }

  /** Brings the files of names of a running container in line with the networks it is on now. */
  async #refresh(record: ContainerRecord, sandbox: Sandbox, before: Sandbox): Promise<void> {
    const { agent, machine } = this.#context;
    record.sandbox = sandbox;
    const paths = containerPaths(record.config);
    const line = (address: string): string =>
      ownHostsLine(address, { hostname: record.hostname, domainname: record.config.domainname });
    const now = sandbox.endpoints.map(({ address }) => line(address));
    const old = before.endpoints.map(({ address }) => line(address));
    const hosts = await this.#read(paths.hosts);
    const kept = hosts.split('\n').filter((text) => text !== '' && !old.includes(text));
    await agent.writeFile(paths.hosts, [...kept, ...now, ''].join('\n'), { inPlace: true });
    if (sandbox.tellsNames && !before.tellsNames) {
      const text = resolvConf({
        dns: record.config.dns,
        machineResolvConf: machine.resolvConf,
        tellsNames: true,
      });
      await agent.writeFile(paths.resolvConf, text, { inPlace: true });
    }
  }

  async #read(path: string): Promise<string> {
    try {
      return await this.#context.agent.readTextFile(path);
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ENOENT') return '';
      throw error;
    }
  }
}
