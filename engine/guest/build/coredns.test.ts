import { expect, test } from 'vitest';
import { askingForJson, withoutServers } from './coredns.ts';

const server = (transport: string, name: string): string =>
  `\t\tcase transport.${transport}:\n\t\t\ts, err := NewServer${name}(addr, group)\n\t\t\tif err != nil {\n\t\t\t\treturn nil, err\n\t\t\t}\n\t\t\tservers = append(servers, s)\n`;
const refused = (transport: string): string =>
  `\t\tcase transport.${transport}:\n\t\t\treturn nil, fmt.Errorf("%s is not built in", tr)\n`;

test('servers of removed protocols are refused, the others made', () => {
  const source = `${server('TLS', 'TLS')}\n${server('QUIC', 'QUIC')}\n${server('GRPC', 'gRPC')}\n${server('HTTPS3', 'HTTPS3')}\t\t}\n`;
  expect(withoutServers(source)).toBe(
    `${server('TLS', 'TLS')}\n${refused('QUIC')}\n${refused('GRPC')}\n${refused('HTTPS3')}\t\t}\n`,
  );
});

test('a release that makes its servers elsewhere fails the build', () => {
  expect(() => withoutServers(server('QUIC', 'QUIC'))).toThrow('in another way');
});

test('the API server is asked for JSON, inside of a cluster and outside', () => {
  const line = 'cc.ContentType = "application/vnd.kubernetes.protobuf"\n';
  expect(askingForJson(`${line}${line}`)).not.toContain('protobuf');
  expect(() => askingForJson(line)).toThrow('in another way');
});
