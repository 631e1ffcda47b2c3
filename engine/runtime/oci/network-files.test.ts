import { describe, expect, it } from 'vitest';
import { networkFiles, type NetworkFilesInput } from './network-files.ts';

const files = (input: Partial<NetworkFilesInput>) =>
  networkFiles({
    hostname: 'web',
    addresses: ['172.17.0.2'],
    tellsNames: false,
    machineResolvConf: 'nameserver 10.0.0.1\nsearch lab\n',
    ...input,
  });
const dns = { servers: [], search: [], options: [] };

describe('hosts', () => {
  it.each<[string, Partial<NetworkFilesInput>, readonly string[]]>([
    ['own name last', { extraHosts: ['db:10.0.0.9'] }, ['10.0.0.9\tdb', '172.17.0.2\tweb']],
    ['with its domain', { domainname: 'lab' }, ['172.17.0.2\tweb.lab web']],
    ['a whole name is cut at the first dot', { hostname: 'a.b.c' }, ['172.17.0.2\ta.b.c a']],
    [
      'on two networks',
      { addresses: ['172.17.0.2', '172.18.0.2'] },
      ['172.17.0.2\tweb', '172.18.0.2\tweb'],
    ],
  ])('%s', (_what, input, lines) => {
    expect(files(input).hosts.split('\n').slice(6, -1)).toEqual(lines);
  });

  it("is the machine's on the machine's network", () => {
    const machineHosts = '127.0.0.1 localhost dock\n';
    expect(files({ machineHosts }).hosts).toBe(machineHosts);
    expect(files({ machineHosts, addresses: [], extraHosts: ['db:10.0.0.9'] }).hosts).toMatch(
      /ip6-allrouters\n10\.0\.0\.9\tdb\n$/,
    );
  });
});

describe('resolv.conf', () => {
  it.each<[string, Partial<NetworkFilesInput>, string]>([
    ["the machine's", {}, 'nameserver 10.0.0.1\nsearch lab\n'],
    [
      'without servers on loopback',
      { machineResolvConf: 'nameserver 127.0.0.53\nnameserver 10.0.0.1\nsearch lab\n' },
      'nameserver 10.0.0.1\nsearch lab\n',
    ],
    [
      'with servers of the world where none is left',
      { machineResolvConf: '# none\noptions timeout:1\n' },
      '# none\noptions timeout:1\n\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n',
    ],
    [
      'with what was asked for',
      { dns: { ...dns, servers: ['1.2.3.4'], options: ['ndots:2'] } },
      'search lab\nnameserver 1.2.3.4\noptions ndots:2\n',
    ],
    ['no search', { dns: { ...dns, search: ['.'] } }, 'nameserver 10.0.0.1\n'],
    [
      'with the embedded server',
      { tellsNames: true },
      'search lab\nnameserver 127.0.0.11\noptions ndots:0\n',
    ],
    [
      'with the embedded server and patience',
      { tellsNames: true, machineResolvConf: 'options timeout:1 attempts:1 rotate\n' },
      'nameserver 127.0.0.11\noptions rotate ndots:0\n',
    ],
    [
      'with the embedded server and ndots of its own',
      { tellsNames: true, dns: { ...dns, servers: ['1.2.3.4'], options: ['ndots:2'] } },
      'search lab\nnameserver 127.0.0.11\noptions ndots:2\n',
    ],
  ])('%s', (_what, input, text) => {
    expect(files(input).resolvConf).toBe(text);
  });
});
