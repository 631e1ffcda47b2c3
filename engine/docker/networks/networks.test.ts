import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settled, TestDock } from '../test-dock.node.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

async function createNetwork(Name: string, body: object = {}): Promise<string> {
  const answer = await dock.call('POST', '/networks/create', { Name, ...body });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`);
  return (JSON.parse(answer.body) as { Id: string }).Id;
}

const refusal = async (method: string, path: string, body?: object): Promise<string> => {
  const answer = await dock.call(method, path, body);
  return `${answer.status} ${(JSON.parse(answer.body) as { message: string }).message}`;
};

describe('create', () => {
  it('keeps what it was given, and completes the rest', async () => {
    const id = await createNetwork('back', {
      Labels: { team: 'a' },
      Options: { 'com.docker.network.driver.mtu': '1400' },
      IPAM: { Driver: 'default', Options: {}, Config: [] },
    });
    expect(await dock.get('/networks/back')).toMatchObject({
      Name: 'back',
      Id: id,
      Scope: 'local',
      Driver: 'bridge',
      IPAM: {
        Driver: 'default',
        Options: {},
        Config: [{ Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' }],
      },
      Internal: false,
      Containers: {},
      Options: { 'com.docker.network.driver.mtu': '1400' },
      Labels: { team: 'a' },
    });
    await dock.replaceEngine();
    expect(await dock.get(`/networks/${id.slice(0, 8)}`)).toMatchObject({ Labels: { team: 'a' } });
  });

  it.each<[object, string]>([
    [{ Name: 'bridge' }, '403 operation is not permitted on predefined bridge network'],
    [{ Name: 'taken' }, '409 network with name taken already exists'],
    [{ Name: '' }, '400 invalid name: '],
    [{ Name: 'x', Driver: 'weave' }, '404 plugin "weave" not found'],
    [
      { Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0' }] } },
      '500 Invalid subnet 10.0.0 : invalid CIDR address: 10.0.0',
    ],
    [
      { Name: 'x', IPAM: { Config: [{ Subnet: '172.18.0.0/24' }] } },
      '403 Pool overlaps with other one on this address space',
    ],
    [
      { Name: 'x', Options: { 'com.docker.network.bridge.enable_icc': 'maybe' } },
      '400 failed to parse com.docker.network.bridge.enable_icc value: maybe (strconv.ParseBool: parsing "maybe": invalid syntax)',
    ],
  ])('refuses %j', async (body, message) => {
    await createNetwork('taken');
    expect(await refusal('POST', '/networks/create', body)).toBe(message);
  });
});

describe('a container on a network of the user’s own', () => {
  it('has names, ids and aliases as dockerd completes them', async () => {
    const network = await createNetwork('back');
    const id = await dock.create('web', {
      Hostname: 'host',
      HostConfig: { NetworkMode: 'back' },
      NetworkingConfig: { EndpointsConfig: { back: { Aliases: ['www'] } } },
    });
    const endpoint = async (): Promise<unknown> =>
      (
        (await dock.get('/containers/web/json')) as {
          NetworkSettings: { Networks: Record<string, unknown> };
        }
      ).NetworkSettings.Networks['back'];
    expect(await endpoint()).toMatchObject({ Aliases: ['www'], NetworkID: '', IPAddress: '' });
    await dock.call('POST', '/containers/web/start');
    expect(await endpoint()).toMatchObject({
      Aliases: ['www', id.slice(0, 12), 'host'],
      NetworkID: network,
      EndpointID: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      Gateway: '172.18.0.1',
      IPAddress: '172.18.0.2',
      IPPrefixLen: 16,
      MacAddress: '02:42:ac:12:00:02',
    });
    expect(await dock.get('/networks/back')).toMatchObject({
      Containers: { [id]: { Name: 'web', IPv4Address: '172.18.0.2/16' } },
    });
    expect(await refusal('DELETE', '/networks/back')).toBe(
      `403 error while removing network: network back id ${network} has active endpoints`,
    );
    dock.exit(id, 0);
    await settled();
    expect(await endpoint()).toMatchObject({ NetworkID: network, EndpointID: '', IPAddress: '' });
    expect((await dock.call('DELETE', '/networks/back')).status).toBe(204);
    expect(await refusal('POST', '/containers/web/start')).toBe(`404 network ${network} not found`);
  });

  it('joins and leaves others', async () => {
    const id = await dock.run('web');
    await createNetwork('back');
    const connect = (network: string, EndpointConfig: object = {}) =>
      dock.call('POST', `/networks/${network}/connect`, { Container: 'web', EndpointConfig });
    expect((await connect('back', { Aliases: ['friend'] })).status).toBe(200);
    expect(await dock.get('/containers/web/json')).toMatchObject({
      NetworkSettings: {
        IPAddress: '172.17.0.2',
        Networks: { bridge: {}, back: { Aliases: ['friend', id.slice(0, 12)] } },
      },
    });
    expect((await connect('back')).body).toContain(
      'endpoint with name web already exists in network back',
    );
    expect((await connect('host')).body).toContain(
      'container cannot be disconnected from host network or connected to host network',
    );
    expect((await connect('back', { IPAMConfig: { IPv4Address: '172.18.0.9' } })).body).toContain(
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    );
    const disconnect = (network: string) =>
      dock.call('POST', `/networks/${network}/disconnect`, { Container: 'web' });
    expect((await disconnect('bridge')).status).toBe(200);
    expect((await disconnect('bridge')).body).toContain(
      `container ${id} is not connected to network bridge`,
    );
    expect(await dock.get('/containers/json?filters={"network":["back"]}')).toMatchObject([
      { Id: id },
    ]);
  });

  it('is created although the network is missing, and fails to start', async () => {
    await dock.create('web', { HostConfig: { NetworkMode: 'nosuch' } });
    expect(await refusal('POST', '/containers/web/start')).toBe('404 network nosuch not found');
  });
});

describe('list, remove, prune', () => {
  it('filters', async () => {
    await createNetwork('back', { Labels: { team: 'a' } });
    const names = async (filters: object): Promise<string[]> =>
      ((await dock.get(`/networks?filters=${JSON.stringify(filters)}`)) as { Name: string }[]).map(
        ({ Name }) => Name,
      );
    expect(await names({})).toEqual(['bridge', 'back', 'host', 'none']);
    expect(await names({ type: ['custom'] })).toEqual(['back']);
    expect(await names({ driver: ['null'] })).toEqual(['none']);
    expect(await names({ name: ['^b'] })).toEqual(['bridge', 'back']);
    expect(await names({ label: ['team=a'] })).toEqual(['back']);
    expect(await names({ dangling: ['true'] })).toEqual(['back']);
    expect(await names({ dangling: ['false'] })).toEqual(['bridge', 'host', 'none']);
  });

  it('takes only the user’s networks that nobody runs on', async () => {
    await createNetwork('one');
    await createNetwork('two');
    await dock.run('web', { HostConfig: { NetworkMode: 'two' } });
    expect(JSON.parse((await dock.call('POST', '/networks/prune')).body)).toEqual({
      NetworksDeleted: ['one'],
    });
    expect(await refusal('DELETE', '/networks/none')).toBe(
      '403 none is a pre-defined network and cannot be removed',
    );
  });
});

describe('modes that exclude each other', () => {
  it.each<[object, string]>([
    [
      { Hostname: 'x', HostConfig: { NetworkMode: 'container:a' } },
      'hostname and the network mode',
    ],
    [{ HostConfig: { NetworkMode: 'container:a', Dns: ['1.1.1.1'] } }, 'dns and the network mode'],
    [
      { HostConfig: { NetworkMode: 'container:a', PortBindings: { '80/tcp': [] } } },
      'port publishing and the container type network mode',
    ],
    [{ MacAddress: '02:42:ac:11:00:09', HostConfig: { NetworkMode: 'host' } }, 'mac-address'],
    [{ Hostname: 'x', HostConfig: { UTSMode: 'host' } }, 'hostname and the UTS mode'],
  ])('%j', async (body, message) => {
    expect(await refusal('POST', '/containers/create', { Image: 'busybox', ...body })).toContain(
      message,
    );
  });
});
