import { expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { webSocketHeaders, webSocketMessages } from '../http/index.ts';
import { notFound } from '../objects/status/status-error.ts';
import { execInPod } from './remote-command.ts';
import type { Transport } from './transport.ts';

const decoder = new TextDecoder();
const message = (channel: number, text: string): Uint8Array =>
  Uint8Array.of(channel, ...new TextEncoder().encode(text));
const command = {
  namespace: 'default',
  pod: 'web',
  container: 'nginx',
  argv: ['sh', '-c', 'a b'],
  size: { rows: 24, cols: 80 },
};
const run = (transport: Transport) =>
  execInPod({ transport, clock: new FakeClock(), random: cryptoRandom }, command);

/** A container whose terminal repeats what it hears, and ends with this status at the end of its input. */
function echo(status: object) {
  const heard: string[] = [];
  const asked: string[] = [];
  const transport: Transport = async (request) => {
    asked.push(request.url);
    return {
      status: 101,
      headers: (await webSocketHeaders(request)) ?? new Headers(),
      async takeOver(connection) {
        const { readable, writable } = webSocketMessages(connection);
        const writer = writable.getWriter();
        // As kubelets do, before they listen.
        await writer.write(message(1, ''));
        for await (const each of readable) {
          heard.push(`${each[0]} ${decoder.decode(each.subarray(1))}`);
          if (each[0] === 0) void writer.write(Uint8Array.of(1, ...each.subarray(1)));
          if (each[0] === 255) void writer.write(message(3, JSON.stringify(status)));
        }
      },
    };
  };
  return { transport, heard, asked };
}

it('talks to a command in a container, and hears how it ended', async () => {
  const causes = [{ reason: 'ExitCode', message: '3' }];
  const { transport, heard, asked } = echo({ status: 'Failure', details: { causes } });
  const { stream, resize, exited } = await run(transport);
  const screen = new Response(stream.readable).text();
  const keys = stream.writable.getWriter();
  await keys.write(new TextEncoder().encode('ls'));
  await resize({ rows: 30, cols: 100 });
  await keys.close();
  expect(await screen).toBe('ls');
  expect(await exited).toMatchObject({ code: 3 });
  expect(heard).toEqual([
    '4 {"Width":80,"Height":24}',
    '0 ls',
    '4 {"Width":100,"Height":30}',
    '255 \0',
  ]);
  expect(asked).toEqual([
    'https://kubernetes/api/v1/namespaces/default/pods/web/exec?container=nginx&stdin=true&stdout=true&tty=true&command=sh&command=-c&command=a+b',
  ]);
});

it('says why there was no command', async () => {
  const { transport } = echo({ status: 'Failure', message: 'no such program' });
  const { stream, exited } = await run(transport);
  const read = expect(stream.readable.getReader().read()).rejects.toThrow('no such program');
  await stream.writable.close();
  await read;
  await expect(exited).rejects.toThrow('no such program');
});

it('throws what the API server answers instead', async () => {
  const { status } = notFound({ group: '', name: 'pods' }, 'web');
  const body = new TextEncoder().encode(JSON.stringify(status));
  await expect(
    run(() => Promise.resolve({ status: 404, headers: new Headers(), body })),
  ).rejects.toMatchObject({ reason: 'NotFound' });
});
