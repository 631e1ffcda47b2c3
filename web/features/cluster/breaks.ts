import type { ClusterNodeState } from '../../../engine/api/cluster.ts';
import type { LabMachine } from '../../../engine/api/lab.ts';

/** Milliseconds each way of a cable that was made slow: that of a line around the world. */
export const SLOW_MS = 300;

/** Programs of a control plane that a manifest starts. */
export const STATIC = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'cloud-controller-manager',
] as const;
export type StaticProgram = (typeof STATIC)[number];

const MANIFESTS = '/etc/kubernetes/manifests';
/** Where manifests go of what was stopped here. */
const STOPPED = '/etc/kubernetes/stopped';
const FILL = '/var/lib/drydock-fills-the-disk';

/** What was broken inside a machine. */
export interface InsideBreaks {
  readonly stopped: readonly StaticProgram[];
  readonly isFull: boolean;
}

export const nothingBroken: InsideBreaks = { stopped: [], isFull: false };

/** Asks a machine. Rejects when it does not answer. */
export async function readBreaks(machine: LabMachine): Promise<InsideBreaks> {
  const { stdout } = await machine.run(['sh', '-c', `ls ${STOPPED} ${FILL} 2>/dev/null`]);
  const lines = stdout.split('\n');
  return {
    stopped: STATIC.filter((name) => lines.includes(`${name}.yaml`)),
    isFull: lines.includes(FILL),
  };
}

/** Takes a program's manifest away from its kubelet, or puts it back. */
export function setStopped(
  machine: LabMachine,
  program: StaticProgram,
  stopped: boolean,
): Promise<void> {
  const [from, to] = stopped ? [MANIFESTS, STOPPED] : [STOPPED, MANIFESTS];
  return shell(machine, `mkdir -p ${to} && mv ${from}/${program}.yaml ${to}/`);
}

/** Fills a machine's disk but for some MB, or frees it. */
export function setFull(machine: LabMachine, full: boolean): Promise<void> {
  return shell(
    machine,
    full
      ? `set -- $(stat -f -c '%a %S' /var/lib) && fallocate -l $(($1 * $2 / 100 * 98)) ${FILL}`
      : `rm -f ${FILL}`,
  );
}

async function shell(machine: LabMachine, script: string): Promise<void> {
  const { exit, stderr } = await machine.run(['sh', '-c', script]);
  if (exit.code !== 0) throw new Error(stderr.trim() || `It ended with status ${exit.code}.`);
}

const STOPPED_WORDS: Readonly<Record<StaticProgram, string>> = {
  etcd: 'Without etcd, the API server can read and write nothing: kubectl fails. Pods that run go on.',
  'kube-apiserver':
    'Without the API server, kubectl is refused and nobody hears of changes. Pods that run go on, and kubelets restart what crashes.',
  'kube-controller-manager':
    'Without kube-controller-manager, what is wanted stays as it is: a Deployment that is scaled makes no Pods, and a lost node keeps its Pods.',
  'kube-scheduler': 'Without kube-scheduler, new Pods stay Pending: nobody gives them a node.',
  'cloud-controller-manager':
    'Without cloud-controller-manager, Services of type LoadBalancer get no address, and new nodes stay tainted as uninitialized.',
};

/** What is broken at a node, and what to expect of it; one sentence or more each. */
export function expectations(
  { name, role, machine, plugged, delay }: ClusterNodeState,
  { stopped, isFull }: InsideBreaks,
): readonly string[] {
  const words = role === 'worker' ? workerWords(name) : CONTROL_PLANE_WORDS;
  return [
    ...(machine.kind === 'stopped' ? [words.stopped] : []),
    ...(machine.kind === 'paused' ? [`${words.paused} Go on to undo it.`] : []),
    ...(plugged ? [] : [`${words.unplugged} Plug the cable in to undo it.`]),
    ...(delay > 0
      ? [
          `Every packet through its cable takes ${delay} ms longer each way: ${words.slowed} Make it fast to undo it.`,
        ]
      : []),
    ...(isFull
      ? [
          'Its disk is full. Within a minute the node has the condition DiskPressure and a taint against new Pods, and its kubelet evicts Pods; programs that write fail with “No space left on device”. Free the disk to undo it; the taint goes five minutes later.',
        ]
      : []),
    ...stopped.map((program) => `${STOPPED_WORDS[program]} Start it to undo it.`),
  ];
}

interface MachineWords {
  readonly stopped: string;
  readonly paused: string;
  readonly unplugged: string;
  /** what is slow then */
  readonly slowed: string;
}

function workerWords(name: string): MachineWords {
  const lost = `After some 50 seconds ${name} is NotReady, and after five more minutes its Pods are made anew on other nodes, if there are any.`;
  return {
    stopped: `Its machine is off. ${lost} Replace it: a new machine joins under the same name.`,
    paused: `Its machine stands still, so its kubelet reports nothing. ${lost}`,
    unplugged: `Nobody reaches it, and it reaches nobody; its Pods go on. ${lost}`,
    slowed:
      'what goes from Pod to Pod, what its kubelet asks the API server, and what its kubelet is asked, as by kubectl logs.',
  };
}

/** Whoever would mark a node, or give its Pods another, is on this machine as well. */
const CONTROL_PLANE_WORDS: MachineWords = {
  stopped:
    'Its machine is off, and the API server with it: kubectl fails, no node is marked NotReady, and no Pod is made anew. Pods on workers go on. Replace it: a new machine takes its place, and what etcd held is there again.',
  paused:
    'Its machine stands still, and the API server with it: kubectl fails, no node is marked NotReady, and no Pod is made anew. Pods on workers go on.',
  unplugged:
    'The API server and the workers do not reach each other; Pods go on. Its own kubelet needs no cable to the API server, so this node stays Ready; after some 50 seconds the workers are NotReady, if there are any.',
  slowed:
    'what goes from Pod to Pod, and what workers ask the API server and are asked by it. Its own kubelet needs no cable to the API server and is as fast as before.',
};
