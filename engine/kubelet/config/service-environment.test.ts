import { expect, it } from 'vitest';
import type { Service, ServiceSpec } from '../../objects/generated/core-v1.generated.ts';
import { serviceEnvironment } from './service-environment.ts';

function service(namespace: string, name: string, spec: ServiceSpec): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec };
}

const services = [
  service('default', 'kubernetes', {
    clusterIP: '10.96.0.1',
    ports: [{ name: 'https', port: 443, protocol: 'TCP' }],
  }),
  service('shop', 'web-front', {
    clusterIP: '10.96.5.6',
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'dns-udp', port: 53, protocol: 'UDP' },
    ],
  }),
  service('shop', 'headless', { clusterIP: 'None', ports: [{ port: 80 }] }),
  service('other', 'db', { clusterIP: '10.96.7.8', ports: [{ port: 5432 }] }),
];

it('tells of Services of the namespace, and of the API server', () => {
  expect(Object.fromEntries(serviceEnvironment(services, 'shop', true))).toEqual({
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
    WEB_FRONT_SERVICE_HOST: '10.96.5.6',
    WEB_FRONT_SERVICE_PORT: '80',
    WEB_FRONT_SERVICE_PORT_HTTP: '80',
    WEB_FRONT_SERVICE_PORT_DNS_UDP: '53',
    WEB_FRONT_PORT: 'tcp://10.96.5.6:80',
    WEB_FRONT_PORT_80_TCP: 'tcp://10.96.5.6:80',
    WEB_FRONT_PORT_80_TCP_PROTO: 'tcp',
    WEB_FRONT_PORT_80_TCP_PORT: '80',
    WEB_FRONT_PORT_80_TCP_ADDR: '10.96.5.6',
    WEB_FRONT_PORT_53_UDP: 'udp://10.96.5.6:53',
    WEB_FRONT_PORT_53_UDP_PROTO: 'udp',
    WEB_FRONT_PORT_53_UDP_PORT: '53',
    WEB_FRONT_PORT_53_UDP_ADDR: '10.96.5.6',
  });
});

it('keeps to the API server without links', () => {
  const names = [...serviceEnvironment(services, 'shop', false).keys()];
  expect(names.every((name) => name.startsWith('KUBERNETES_'))).toBe(true);
  expect(names).toHaveLength(8);
});
