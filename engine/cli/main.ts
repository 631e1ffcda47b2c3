/** The headless `drydock` command. `npm run -s drydock -- …` runs it. */
import { messageOf } from '../base/message-of.ts';
import { runBenches } from './bench.ts';
import { startCluster } from './cluster-start.ts';
import { runEtcd } from './etcd.ts';
import { serveHub } from './hub-serve.ts';
import { runMachine } from './machine-run.ts';
import { prepare } from './prepare.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage:
  drydock machine run [--profile docker|docker-reference|node|bare] [--memory MiB] [--cold] [--save FILE] -- COMMAND [ARGUMENT…]
      Restores a machine, runs COMMAND in it as root and exits with its status.
      --save keeps the machine in FILE afterwards: memory, disk, containers and images.
  drydock machine run --from FILE [--save FILE] -- COMMAND [ARGUMENT…]
      Goes on with a machine that was saved, here or in the page.
  drydock cluster start --nodes 0 [--hollow M] [--hollow-ready-after SECONDS] [--port PORT]
                        [--kubeconfig FILE] [--data DIRECTORY] [--cloud-port PORT]
      Runs a Kubernetes control plane on 127.0.0.1 until SIGINT; prints its address once it is ready.
      --data keeps the cluster's state for the next start. --kubeconfig says where the file for
      kubectl goes: into that directory, else one that is removed at the end.
      [--controllers LIST] [--cluster-cidr CIDR] [--node-monitor-period SECONDS]
      [--node-monitor-grace-period SECONDS] are kube-controller-manager's.
      A simulated cloud is around it: LoadBalancers get addresses, hollow nodes are its machines.
      --cloud-port says where its API answers on 127.0.0.1 (/machines, /load-balancers, /settings).
      [--audit-policy-file FILE --audit-log-path FILE] writes down who did what, as the policy says.
  drydock etcd snapshot FILE --data DIRECTORY
  drydock etcd restore FILE --data DIRECTORY
  drydock etcd status --data DIRECTORY
      Saves the state of a cluster that is not running, takes a saved one up in a directory without
      one, or tells what is there.
  drydock hub serve [--port PORT] [--data DIRECTORY]
      Serves the registry at http://127.0.0.1:PORT (5000) until SIGINT. What is pushed is kept in
      DIRECTORY, else in memory.
  drydock bench [NAME…] [--json] [--browser] [--reference]
      Measures; without names everything. --browser measures in headless Chromium. --reference
      measures the original Docker Engine beside ours where both can do it, which takes minutes.
  drydock prepare
      Makes the saved states that machines start from, where they are missing or out of date.
`;

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === 'machine' && rest[0] === 'run') return runMachine(rest.slice(1));
  if (command === 'cluster' && rest[0] === 'start') return startCluster(rest.slice(1));
  if (command === 'etcd') return runEtcd(rest);
  if (command === 'hub' && rest[0] === 'serve') return serveHub(rest.slice(1));
  if (command === 'bench') return runBenches(rest);
  if (command === 'prepare') return prepare();
  throw new UsageError(
    command === undefined ? 'Say what to do.' : `Unknown command: ${argv.slice(0, 2).join(' ')}`,
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${USAGE}`);
  else process.stderr.write(`drydock: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// Worker threads and open standard input would keep the process alive.
process.exit();
