import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AuditPolicy } from '../apiserver/audit/policy.ts';
import { startCluster as start, type ClusterOptions } from '../cluster/cluster.node.ts';
import { startMachineCluster } from '../cluster/machine-cluster.node.ts';
import { parseCidr } from '../objects/ip.ts';
import { ensureStates } from './prepare.ts';
import { UsageError } from './usage-error.ts';

interface StartArguments {
  /** machines; a control plane without any when 0 */
  readonly nodes: number;
  readonly port: number;
  readonly kubeconfig: string | undefined;
  readonly data: string | undefined;
  readonly hollow: number;
  /** seconds */
  readonly hollowReadyAfter: number;
  /** as kube-controller-manager's flag; undefined when it is not given */
  readonly controllers: readonly string[] | undefined;
  readonly managerFlags: NonNullable<ClusterOptions['managerFlags']>;
  /** of the simulated cloud's API; it answers nowhere when absent */
  readonly cloudPort: number | undefined;
  readonly auditPolicyFile: string | undefined;
  readonly auditLogPath: string | undefined;
}

function parse(argv: readonly string[]): StartArguments {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        nodes: { type: 'string' },
        port: { type: 'string', default: '0' },
        kubeconfig: { type: 'string' },
        data: { type: 'string' },
        hollow: { type: 'string', default: '0' },
        'hollow-ready-after': { type: 'string', default: '0.5' },
        controllers: { type: 'string' },
        'cluster-cidr': { type: 'string' },
        'node-monitor-period': { type: 'string' },
        'node-monitor-grace-period': { type: 'string' },
        'cloud-port': { type: 'string' },
        'audit-policy-file': { type: 'string' },
        'audit-log-path': { type: 'string' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const nodes = Number(values.nodes ?? Number.NaN);
  if (!Number.isInteger(nodes) || nodes < 0 || nodes > MOST_NODES)
    throw new UsageError(
      `--nodes wants a number of machines from 0 to ${MOST_NODES}; 0 is a control plane alone.`,
    );
  if (nodes > 0)
    for (const flag of ['data', 'audit-policy-file'] as const)
      if (values[flag] !== undefined)
        throw new UsageError(`--${flag} is for a control plane alone: --nodes 0.`);
  const port = portOf('--port', values.port);
  const cloud = values['cloud-port'];
  const hollow = Number(values.hollow);
  if (!Number.isInteger(hollow) || hollow < 0 || hollow > MOST_HOLLOW)
    throw new UsageError(`--hollow wants a number of nodes from 0 to ${MOST_HOLLOW}.`);
  const hollowReadyAfter = Number(values['hollow-ready-after']);
  if (!(hollowReadyAfter >= 0)) throw new UsageError('--hollow-ready-after wants seconds.');
  const { 'audit-policy-file': auditPolicyFile, 'audit-log-path': auditLogPath } = values;
  if ((auditPolicyFile === undefined) !== (auditLogPath === undefined))
    throw new UsageError('--audit-policy-file and --audit-log-path go together.');
  const { kubeconfig, data } = values;
  const controllers = values.controllers?.split(',').filter((name) => name !== '');
  return {
    nodes,
    port,
    kubeconfig,
    data,
    hollow,
    hollowReadyAfter,
    controllers,
    managerFlags: readManagerFlags(values),
    cloudPort: cloud === undefined ? undefined : portOf('--cloud-port', cloud),
    auditPolicyFile,
    auditLogPath,
  };
}

/** As kube-controller-manager has them; times in seconds, `40` or `40s`. */
function readManagerFlags(values: Readonly<Record<string, string | undefined>>) {
  const { 'cluster-cidr': clusterCidr } = values;
  if (clusterCidr?.split(',').some((cidr) => parseCidr(cidr) === undefined) === true)
    throw new UsageError('--cluster-cidr wants a range of addresses, such as 10.244.0.0/16.');
  const milliseconds = (flag: string): number | undefined => {
    const text = values[flag];
    if (text === undefined) return undefined;
    const seconds = Number(text.replace(/s$/, ''));
    if (!(seconds > 0)) throw new UsageError(`--${flag} wants seconds, such as 40s.`);
    return seconds * 1000;
  };
  const nodeMonitorPeriod = milliseconds('node-monitor-period');
  const nodeMonitorGracePeriod = milliseconds('node-monitor-grace-period');
  return {
    ...(clusterCidr === undefined ? {} : { clusterCidr }),
    ...(nodeMonitorPeriod === undefined ? {} : { nodeMonitorPeriod }),
    ...(nodeMonitorGracePeriod === undefined ? {} : { nodeMonitorGracePeriod }),
  };
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`${option} wants a number from 0 to 65535.`);
  return port;
}

/** Which requests are written down, and where to. */
async function readAudit({
  auditPolicyFile: file,
  auditLogPath: log,
}: StartArguments): Promise<{ readonly policy: AuditPolicy; readonly path: string } | undefined> {
  if (file === undefined || log === undefined) return undefined;
  try {
    const policy = new AuditPolicy(await readFile(path.resolve(file), 'utf8'));
    return { policy, path: log === '-' ? log : path.resolve(log) };
  } catch (error) {
    throw new UsageError(`--audit-policy-file ${file}: ${(error as Error).message}`);
  }
}

/** Machines of 256 MiB. */
const MOST_NODES = 16;
/** What their addresses have room for. */
const MOST_HOLLOW = 10_000;

/** Resolves when the process is asked to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

/** Where kubectl is led from: what the user names, else beside the cluster's data, else a folder that goes with the process. */
async function kubeconfigPath({ kubeconfig, data }: StartArguments): Promise<string> {
  if (kubeconfig !== undefined) return path.resolve(kubeconfig);
  if (data !== undefined) return path.join(path.resolve(data), 'kubeconfig');
  const folder = await mkdtemp(path.join(tmpdir(), 'drydock-cluster-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'kubeconfig');
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function tellError(source: string): (error: unknown) => void {
  return (error) =>
    tell(`${source}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}

/** What both kinds of cluster offer here. */
interface StartedCluster {
  readonly url: string;
  readonly kubeconfig: string;
  readonly cloudUrl: string | undefined;
  close(): Promise<void>;
}

/** `cluster start`: runs a cluster until SIGINT. Standard output gets one line, when it is ready. */
export async function startCluster(argv: readonly string[]): Promise<number> {
  const given = parse(argv);
  const ended = interrupted();
  const cluster = await (given.nodes === 0 ? startControlPlane(given) : startMachines(given));
  try {
    const file = await kubeconfigPath(given);
    await writeFile(file, cluster.kubeconfig, { mode: 0o600 });
    tell(`kubectl is led there by: export KUBECONFIG=${file}`);
    if (cluster.cloudUrl !== undefined)
      tell(`The simulated cloud around the cluster answers at ${cluster.cloudUrl}`);
    process.stdout.write(`ready ${cluster.url}\n`);
    await ended;
    tell('Ending …');
  } finally {
    await cluster.close();
  }
  return 0;
}

async function startControlPlane(given: StartArguments): Promise<StartedCluster> {
  const { port, data, hollow, hollowReadyAfter, managerFlags, cloudPort } = given;
  const { controllers = ['*'] } = given;
  const audit = await readAudit(given);
  tell(
    data === undefined
      ? 'Starting a cluster; what it holds goes with it (--data DIRECTORY keeps it) …'
      : `Starting a cluster with what ${path.resolve(data)} holds …`,
  );
  return start({
    port,
    hollow,
    hollowReadyAfter: hollowReadyAfter * 1000,
    controllers,
    managerFlags,
    ...(cloudPort === undefined ? {} : { cloudPort }),
    ...(data === undefined ? {} : { data: path.resolve(data) }),
    ...(audit === undefined ? {} : { audit }),
    onError: tellError('kube-apiserver'),
  });
}

async function startMachines(given: StartArguments): Promise<StartedCluster> {
  const { nodes, port, hollow, hollowReadyAfter, controllers, managerFlags, cloudPort } = given;
  const { clusterCidr, nodeMonitorPeriod, nodeMonitorGracePeriod } = managerFlags;
  await ensureStates([{ profile: 'node' }]);
  tell(`Starting a cluster of ${nodes} machine${nodes === 1 ? '' : 's'} …`);
  return startMachineCluster({
    nodes,
    port,
    hollow,
    hollowReadyAfter: hollowReadyAfter * 1000,
    ...(controllers === undefined ? {} : { controllers }),
    ...(clusterCidr === undefined ? {} : { clusterCidr }),
    managerFlags: [
      ...(nodeMonitorPeriod === undefined ? [] : [`--node-monitor-period=${nodeMonitorPeriod}ms`]),
      ...(nodeMonitorGracePeriod === undefined
        ? []
        : [`--node-monitor-grace-period=${nodeMonitorGracePeriod}ms`]),
    ],
    ...(cloudPort === undefined ? {} : { cloudPort }),
    onProgress: tell,
    onError: tellError('cluster'),
  });
}
