import { describe, expect, it } from 'vitest';
import { testMachine } from './machines.ts';

const FACTS = {
  hostname: 'hostname',
  machineId: 'cat /etc/machine-id',
  mac: 'cat /sys/class/net/eth0/address',
  address: "ip -4 -o addr show eth0 | awk '{ print $4 }'",
  random: 'head -c 32 /dev/urandom | sha256sum',
  uuid: 'cat /proc/sys/kernel/random/uuid',
};

describe('two machines restored from one saved state', () => {
  it('differ in host name, machine-id, MAC, address and random numbers, and have the right time', async () => {
    const facts: Record<string, string>[] = [];
    for (const [index, hostname] of ['one', 'two'].entries()) {
      const machine = await testMachine({ hostname, address: `10.0.0.${11 + index}/24` });
      const own: Record<string, string> = {};
      for (const [name, command] of Object.entries(FACTS)) own[name] = await machine.sh(command);
      facts.push(own);
      const asked = Date.now() / 1000;
      const time = Number(await machine.sh('date +%s'));
      expect(time).toBeGreaterThan(asked - 3);
      expect(time).toBeLessThan(Date.now() / 1000 + 3);
      await machine.destroy();
    }
    const [one = {}, two = {}] = facts;
    expect([one['hostname'], two['hostname']]).toEqual(['one', 'two']);
    expect([one['address'], two['address']]).toEqual(['10.0.0.11/24', '10.0.0.12/24']);
    expect(one['machineId']).toMatch(/^[0-9a-f]{32}$/);
    expect(one['mac']).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    for (const name of Object.keys(FACTS)) expect(one[name], name).not.toBe(two[name]);
  });
});
