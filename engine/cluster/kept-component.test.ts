import { expose } from 'comlink';
import { expect, it } from 'vitest';
import { Emitter } from '../base/emitter.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { KeptComponent } from './kept-component.ts';

interface Echo {
  begin(): Promise<void>;
  number(): Promise<number>;
}

/** Workers that count how many came before them, and die when they are told to. @param begin what the service does then */
function mortals(begin: (number: number) => Promise<void> = async () => {}) {
  const deaths: Emitter<Error>[] = [];
  const spawn = (): WorkerLink => {
    const number = deaths.length;
    const { port1, port2 } = new MessageChannel();
    const death = new Emitter<Error>();
    deaths.push(death);
    const service: Echo = { begin: () => begin(number), number: () => Promise.resolve(number) };
    expose(service, port2);
    port2.postMessage({ drydock: 'ready' });
    return {
      endpoint: port1 as WorkerLink['endpoint'],
      onDeath: death.event,
      terminate() {
        port1.close();
        return Promise.resolve();
      },
    };
  };
  return { spawn, deaths };
}

it('starts a worker again that has died, and tells of it', async () => {
  const { spawn, deaths } = mortals();
  const clock = new FakeClock();
  const errors: unknown[] = [];
  let begun = 0;
  let hasBegun = (): void => {};
  const component = await KeptComponent.start<Echo>({
    name: 'kube-scheduler',
    spawn,
    async begin(service) {
      await service.begin();
      begun++;
      hasBegun();
    },
    clock,
    random: new SeededRandom(1),
    onError: (error) => errors.push(error),
  });
  expect(await component.service.number()).toBe(0);
  const again = new Promise<void>((resolve) => (hasBegun = resolve));
  const waiting = clock.nextTimer();
  deaths[0]?.fire(new Error('out of memory'));
  await waiting;
  expect(begun).toBe(1);
  clock.advance(1000);
  await again;
  await expect.poll(() => component.service.number().catch(() => -1)).toBe(1);
  expect(errors.map(String)).toEqual(['Error: kube-scheduler has ended and is started again.']);
  await component.close();
  deaths[1]?.fire(new Error('too late'));
  clock.advance(600_000);
  expect([begun, deaths.length, errors.length]).toEqual([2, 2, 1]);
});

it('pauses before it starts again a worker that died before it had begun, and not for ever', async () => {
  const never = new Promise<void>(() => {});
  const { spawn, deaths } = mortals((number) => (number === 1 ? Promise.resolve() : never));
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const options = {
    name: 'kubelet of worker-1',
    spawn,
    begin: (service: Echo) => service.begin(),
    clock,
    random: new SeededRandom(1),
    onError: (error: unknown) => errors.push(error),
    mayDieAtOnce: true,
  };
  const die = async (number: number): Promise<void> => {
    await expect.poll(() => deaths.length).toBe(number + 1);
    const waiting = clock.nextTimer();
    deaths[number]?.fire(new Error('killed'));
    await waiting;
  };
  const starting = KeptComponent.start<Echo>(options);
  await die(0);
  expect([deaths.length, errors.length]).toEqual([1, 1]);
  clock.advance(1000);
  const component = await starting;
  expect(await component.service.number()).toBe(1);
  await component.close();

  const giveUp = new AbortController();
  const hopeless = KeptComponent.start<Echo>({ ...options, signal: giveUp.signal });
  await die(2);
  giveUp.abort(new Error('The machine has gone.'));
  await expect(hopeless).rejects.toThrow('The machine has gone.');
  expect(deaths.length).toBe(3);
});
