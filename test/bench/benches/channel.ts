import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { prove, timed, type Bench, type Sample, withMachine } from '../bench.ts';

const MEBIBYTES = 8;
const TRANSFERS = 5;
const KEYS = 40;

/** A file from the guest's memory to the host, through agent, console and worker. */
export const agentThroughput: Bench = {
  name: 'agent-throughput',
  unit: 'MB/s',
  run: (host) =>
    withMachine(host, {}, async (machine) => {
      const agent = new AgentClient(machine.service);
      const size = MEBIBYTES * 2 ** 20;
      const made = await agent.call('run', {
        argv: ['dd', 'if=/dev/urandom', 'of=/dev/shm/file', 'bs=1M', `count=${MEBIBYTES}`],
      });
      prove(made.exit.code === 0, made.stderr);
      const samples: Sample[] = [];
      for (let round = 0; round < TRANSFERS; round++) {
        let length = 0;
        const { value, instructions } = await timed(machine, async () => {
          ({ length } = await agent.readFile('/dev/shm/file'));
        });
        prove(length === size, `${length} of ${size} bytes arrived`);
        samples.push({ value: size / 1e6 / (value / 1000), instructions });
      }
      return samples;
    }),
};

/** From a key press to its echo by the terminal of a shell, with pauses as a person makes them. */
export const echoLatency: Bench = {
  name: 'echo-latency',
  unit: 'ms',
  run: (host) =>
    withMachine(host, {}, async (machine) => {
      const agent = new AgentClient(machine.service);
      const shell = await agent.exec({
        argv: ['bash', '-i'],
        login: true,
        tty: { rows: 24, cols: 80 },
      });
      const input = shell.stdin.getWriter();
      const decoder = new TextDecoder();
      let screen = '';
      let wake = (): void => {};
      const reading = (async () => {
        for await (const frame of shell.output) {
          if (frame.type !== 'stdout') continue;
          screen += decoder.decode(frame.bytes, { stream: true });
          wake();
        }
      })();
      const shows = async (text: string): Promise<void> => {
        while (!screen.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
      };
      await input.write(new TextEncoder().encode('echo $((6*7))ready\n'));
      await shows('42ready');
      const samples: Sample[] = [];
      for (let key = 0; key < KEYS; key++) {
        const pause = 20 + ((key * 37) % 60);
        await new Promise((resolve) => setTimeout(resolve, pause));
        screen = '';
        const letter = String.fromCharCode(97 + (key % 26));
        samples.push(
          await timed(machine, async () => {
            await input.write(new TextEncoder().encode(letter));
            await shows(letter);
          }),
        );
      }
      await shell.close();
      await reading.catch(() => {});
      return samples;
    }),
};
