import { expect, it } from 'vitest';
import type { Breakpoint, TrafficBatch } from '../../api/api-traffic.ts';
import type { ApiServerProcess } from '../../api/kube-apiserver.ts';
import { ControlPlaneLinks } from './control-plane-links.ts';

/** An API server that tells what its watches are told. */
function apiServer() {
  const told: string[] = [];
  let tell: (batch: TrafficBatch) => void = () => {};
  const service: Partial<ApiServerProcess> = {
    watchTraffic(onTraffic) {
      told.push('watch');
      tell = onTraffic;
      return Promise.resolve({
        setBreakpoints: async (breakpoints) => void told.push(`${breakpoints.length} breakpoints`),
        release: async (id) => void told.push(`release ${id}`),
        stop: async () => void told.push('stop'),
      });
    },
  };
  return {
    service: service as ApiServerProcess,
    told,
    tell: (lost: number) => tell({ entries: [], lost }),
  };
}

const breakpoint: Breakpoint = { verb: 'create', resource: 'pods', subresource: '' };
const settled = () => new Promise((resolve) => setTimeout(resolve));

it('tells of the traffic of whichever API server there is, with the same breakpoints', async () => {
  const links = new ControlPlaneLinks();
  const [one, other] = [apiServer(), apiServer()];
  const batches: TrafficBatch[] = [];
  await links.apiServerBegins(one.service);
  const stop = links.onTraffic((batch) => batches.push(batch));
  links.setBreakpoints([breakpoint]);
  one.tell(1);
  links.apiServerEnded(one.service);
  one.tell(9);
  await links.apiServerBegins(other.service);
  other.tell(2);
  links.release(7);
  await settled();
  expect(batches.map(({ lost, afresh }) => [lost, afresh])).toEqual([
    [1, undefined],
    [0, true],
    [2, undefined],
  ]);
  expect(one.told).toEqual(['watch', '0 breakpoints', '1 breakpoints']);
  expect(other.told).toEqual(['watch', '1 breakpoints', 'release 7']);
  stop();
  await settled();
  expect(other.told.at(-1)).toBe('stop');
});

it('asks an API server for nothing while nobody looks', async () => {
  const links = new ControlPlaneLinks();
  const { service, told } = apiServer();
  await links.apiServerBegins(service);
  const stop = links.onTraffic(() => {});
  stop();
  await settled();
  expect(told).toEqual(['watch', '0 breakpoints', 'stop']);
});

it('takes breakpoints away of who looks no more when another one begins to look at once', async () => {
  const links = new ControlPlaneLinks();
  const { service, told } = apiServer();
  await links.apiServerBegins(service);
  const stop = links.onTraffic(() => {});
  links.setBreakpoints([breakpoint]);
  await settled();
  stop();
  links.setBreakpoints([]);
  links.onTraffic(() => {});
  await settled();
  // The second look is there before the first one is over, which ends nothing therefore.
  expect(told.slice(3)).toEqual(['watch', 'stop', '0 breakpoints']);
});

it('says that etcd has stopped to who reads it, and knows of no decision without a scheduler', async () => {
  const links = new ControlPlaneLinks();
  await expect(links.readEtcd({ key: '/' })).rejects.toMatchObject({ code: 'STOPPED' });
  expect(await links.explain('default', 'web')).toBeUndefined();
});
