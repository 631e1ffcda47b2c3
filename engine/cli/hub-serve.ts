import path from 'node:path';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { listenHttp } from '../http/listen.node.ts';
import { openHub } from '../hub/hub.ts';
import { nodeHubOptions } from '../hub/node-hub-options.node.ts';
import { repositoryDirectories } from '../machine/worker/guest-directories.node.ts';
import { UsageError } from './usage-error.ts';

const PORT = '5000';

function parse(argv: readonly string[]): { readonly port: number; readonly storage?: string } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: { port: { type: 'string', default: PORT }, data: { type: 'string' } },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new UsageError('--port wants a number from 0 to 65535; 0 takes any free port.');
  const { data } = values;
  return { port, ...(data === undefined ? {} : { storage: path.resolve(data) }) };
}

/** `hub serve`: the registry over HTTP on this computer's loopback address, until it is interrupted. */
export async function serveHub(argv: readonly string[]): Promise<number> {
  const { port, storage } = parse(argv);
  const { guest } = repositoryDirectories;
  const options = await nodeHubOptions({ guest, ...(storage === undefined ? {} : { storage }) });
  const listener = await listenHttp(port, (await openHub(options)).handle, {
    now: () => options.clock.now(),
    ...(options.onError === undefined ? {} : { onError: options.onError }),
  });
  process.stdout.write(`ready http://127.0.0.1:${listener.port}\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await listener.close();
  return 0;
}
