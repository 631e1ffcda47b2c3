import { expect, it } from 'vitest';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { spawnNodeWorker } from '../../rpc/node-worker.node.ts';
import { buildInWorker } from './build-worker.ts';
import { FakeMachine, tarOf } from './fake-machine.ts';

const spawn = () =>
  spawnNodeWorker(new URL('../../workers/build.worker.node.ts', import.meta.url), undefined);

async function build(
  machine: FakeMachine,
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  options: { readonly tags?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<string> {
  let output = '';
  await buildInWorker(
    spawn,
    { host: machine.services.host, storage: machine.storage },
    new Blob([await tarOf(files)]).stream(),
    options,
    (message) => {
      if ('stream' in message) output += message.stream as string;
    },
  );
  return output;
}

it('builds in another worker what the engine then has', async () => {
  const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
  const output = await build(
    machine,
    {
      Dockerfile: 'FROM base\nCOPY big /big\nRUN echo said && write /made it\n',
      big: new Uint8Array(5_000_000).fill(7),
    },
    { tags: ['made'] },
  );
  expect(output).toContain('said\n');
  expect(output).toMatch(/Successfully tagged made:latest\n$/);
  const { layers } = machine.images.get('made');
  const tree = await machine.images.tree(layers.map(({ diffId }) => diffId));
  expect(tree.lookup('/big')?.node.size).toBe(5_000_000);
  expect(new TextDecoder().decode(await tree.readFile('/made'))).toBe('it');
  expect(machine.removed).toHaveLength(1);
});

it('brings failures back as they are', async () => {
  const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
  await expect(build(machine, { Dockerfile: 'FROM base\nRUN exit 3\n' })).rejects.toMatchObject({
    name: 'BuildError',
    code: 'FAILED',
    exitCode: 3,
    message: "The command '/bin/sh -c exit 3' returned a non-zero code: 3",
  });
  expect(machine.kept).toHaveLength(1);
  await expect(build(machine, { Dockerfile: 'FROM nosuch\n' })).rejects.toMatchObject({
    name: 'RuntimeError',
    code: 'NOT_FOUND',
  });
});

it('tells all that was said before a failure', async () => {
  const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
  let output = '';
  const building = buildInWorker(
    spawn,
    { host: machine.services.host, storage: machine.storage },
    new Blob([await tarOf({ Dockerfile: 'FROM base\nADD http://x.example/y /y\n' })]).stream(),
    {},
    (message) => {
      if ('stream' in message) output += message.stream as string;
    },
  );
  await expect(building).rejects.toThrow('cannot be downloaded');
  expect(output).toMatch(/^Step 2\/2 : ADD http:\/\/x.example\/y \/y$/m);
});

it('says so when the worker dies', async () => {
  const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
  const link = spawn();
  machine.services.host.run = async () => {
    await link.terminate();
    return new Promise<never>(() => {});
  };
  const building = buildInWorker(
    () => link,
    { host: machine.services.host, storage: new MemoryStorage() },
    new Blob([await tarOf({ Dockerfile: 'FROM base\nRUN echo\n' })]).stream(),
    {},
    () => {},
  );
  await expect(building).rejects.toMatchObject({ code: 'DISCONNECTED' });
});
