import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../engine/base/clock.ts';
import { EthernetSwitch } from '../../../engine/machine/ethernet-switch.ts';
import { testMachine, type TestMachine } from './machines.ts';

const ethernet = new EthernetSwitch(systemClock);
let one: TestMachine;
let two: TestMachine;

async function join(hostname: string, address: string): Promise<TestMachine> {
  const machine = await testMachine({ hostname, address });
  const { port1, port2 } = new MessageChannel();
  ethernet.plug(hostname, port1);
  await machine.service.connectNetwork(port2);
  return machine;
}

beforeAll(async () => {
  one = await join('one', '10.0.0.11/24');
  two = await join('two', '10.0.0.12/24');
});
afterAll(async () => {
  await one.destroy();
  await two.destroy();
  ethernet.dispose();
});

describe('two machines on one switch', () => {
  it('ping each other', async () => {
    expect(await one.sh('ping -c 3 -i 0.2 10.0.0.12')).toContain('3 received');
    expect(await two.sh('ping -c 3 -i 0.2 10.0.0.11')).toContain('3 received');
  });

  it('fetch a page across', async () => {
    const stop = await one.agent.listen(
      { network: 'tcp', address: '10.0.0.11:80' },
      (_remote, stream) => {
        const writer = stream.writable.getWriter();
        void writer.write(new TextEncoder().encode('HTTP/1.0 200 OK\r\n\r\nahoy\n'));
        void writer.close();
      },
    );
    expect(await two.sh('curl -sS --max-time 20 http://10.0.0.11/')).toBe('ahoy');
    await stop();
  });

  it('do not when the switch drops frames, and are slow when it delays them', async () => {
    ethernet.rule = () => ({ drop: true, delay: 0 });
    expect(await one.sh('ping -c 1 -W 1 10.0.0.12 || true')).toContain('0 received');
    ethernet.rule = () => ({ drop: false, delay: 100 });
    const reply = await one.sh('ping -c 1 -W 5 10.0.0.12');
    expect(Number(/time=([\d.]+)/.exec(reply)?.[1])).toBeGreaterThan(200);
    ethernet.rule = () => ({ drop: false, delay: 0 });
  });
});
