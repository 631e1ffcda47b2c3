import type { MachineOptions } from '../../../engine/api/machine.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { startMachine, type MachineClient } from '../../../engine/machine/worker/machine-client.ts';
import { spawnNodeMachine } from '../../../engine/machine/worker/node-machine.node.ts';

export interface TestMachine extends MachineClient {
  readonly agent: AgentClient;
  /** Standard output of a shell command that must succeed, without the last newline. */
  sh(command: string): Promise<string>;
}

/** A machine of profile `bare`, restored unless said otherwise. `prepare` must have made its state. */
export async function testMachine(options: Partial<MachineOptions> = {}): Promise<TestMachine> {
  const client = await startMachine(spawnNodeMachine(), {
    profile: 'bare',
    hostname: 'test',
    start: { kind: 'restore' },
    ...options,
  });
  const agent = new AgentClient(client.service);
  return {
    ...client,
    agent,
    async sh(command) {
      const { exit, stdout, stderr } = await agent.call('run', {
        argv: ['sh', '-c', command],
        login: true,
      });
      if (exit.code !== 0) throw new Error(`${command}: exit ${exit.code}\n${stdout}${stderr}`);
      return stdout.replace(/\n$/, '');
    },
  };
}
