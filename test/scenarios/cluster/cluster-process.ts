/**
 * The process of the cluster that tests share: three machines, and a way to do to them what a learner does. It
 * prints one line of JSON when every node is ready, and ends when its input does.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ensureStates } from '../../../engine/cli/prepare.ts';
import { startMachineCluster } from '../../../engine/cluster/machine-cluster.node.ts';

const NODES = 3;

await ensureStates([{ profile: 'node' }]);
const { cluster, url, kubeconfig, close } = await startMachineCluster({
  nodes: NODES,
  port: 0,
  hollow: 0,
  hollowReadyAfter: 0,
  onProgress: (line) => process.stderr.write(`${line}\n`),
  onError: (error) => process.stderr.write(`cluster: ${String(error)}\n`),
});

interface Wish {
  readonly node: string;
  /** for `run` */
  readonly command?: string;
  /** for `cable` */
  readonly plugged?: boolean;
}

async function fulfil(
  what: string,
  { node, command = '', plugged = true }: Wish,
): Promise<unknown> {
  switch (what) {
    case 'run':
      return cluster.run(node, command);
    case 'cable':
      return cluster.setCable(node, plugged);
    case 'freeze':
      return cluster.freeze(node);
    case 'thaw':
      return cluster.thaw(node);
    case 'kill':
      return cluster.kill(node);
    case 'replace':
      return cluster.replace(node);
    case 'metrics':
      return cluster.machine(node).metrics();
    default:
      throw new RangeError(`Nobody can ${what} a node.`);
  }
}

const server = createServer((request, response) => {
  void (async () => {
    try {
      const wish = JSON.parse(await text(request)) as Wish;
      const answer = await fulfil((request.url ?? '').slice(1), wish);
      response.end(JSON.stringify(answer ?? null));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  })();
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(
    `${JSON.stringify({ url, kubeconfig, control: `http://127.0.0.1:${port}` })}\n`,
  );
});
process.stdin.resume();
process.stdin.once('end', () => {
  void close().finally(() => process.exit(0));
});
