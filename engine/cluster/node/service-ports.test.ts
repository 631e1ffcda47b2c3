import { expect, it } from 'vitest';
import { servicePorts } from './service-ports.ts';

it('shows the ports of nodes that lead to Services, in order', () => {
  const ports = servicePorts(
    [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 31_000, protocol: 'TCP' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'dns', namespace: 'shop' },
        spec: {
          type: 'NodePort',
          ports: [
            { port: 53, nodePort: 30_053, protocol: 'UDP' },
            { port: 132, nodePort: 30_132, protocol: 'SCTP' },
          ],
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'inside', namespace: 'shop' },
        spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
      },
    ],
    '10.0.0.11',
  );
  expect(ports).toEqual([
    {
      port: 30_053,
      address: '10.0.0.11',
      protocol: 'udp',
      container: 'dns',
      containerPort: 53,
      image: 'Service shop/dns',
    },
    {
      port: 31_000,
      address: '10.0.0.11',
      protocol: 'tcp',
      container: 'web',
      containerPort: 80,
      image: 'Service shop/web',
    },
  ]);
});
