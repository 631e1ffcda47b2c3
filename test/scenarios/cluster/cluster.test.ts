import { describe, expect, it } from 'vitest';
import { kubectl, newNamespace, runOnNode, tryKubectl, until, waitFor } from './real-cluster.ts';

describe('a cluster of three machines', () => {
  it('has ready nodes with their roles, addresses and ranges', async () => {
    const nodes = (
      await kubectl(
        'get',
        'nodes',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address} {.spec.podCIDR} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}',
      )
    ).split('\n');
    expect(nodes.map((line) => line.split(' ').toSpliced(2, 1))).toEqual([
      ['control-plane', '10.0.0.11', 'True'],
      ['worker-1', '10.0.0.12', 'True'],
      ['worker-2', '10.0.0.13', 'True'],
    ]);
    expect(new Set(nodes.map((line) => line.split(' ')[2]))).toEqual(
      new Set(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']),
    );
  });

  it('has its control plane in static Pods, with logs that are files of the node', async () => {
    const pod = 'kube-scheduler-control-plane';
    const log = await kubectl('logs', '-n', 'kube-system', pod);
    expect(log).toContain('Successfully bound pod to node');
    const files = await runOnNode(
      'control-plane',
      'cat /var/log/pods/kube-system_kube-scheduler-control-plane_*/kube-scheduler/*.log',
    );
    expect(files).toContain('Successfully bound pod to node');
  });

  it('loses its scheduler with the manifest, and has it again with it', async () => {
    const namespace = await newNamespace();
    const manifests = '/etc/kubernetes/manifests';
    await runOnNode('control-plane', `mv ${manifests}/kube-scheduler.yaml /root/`);
    await until(async () => {
      const pods = await kubectl('get', 'pods', '-n', 'kube-system', '-o', 'name');
      return !pods.includes('kube-scheduler');
    }, 'the end of the scheduler');
    await kubectl('run', '-n', namespace, 'waiting', '--image=busybox', '--', 'sleep', '1000');
    await runOnNode('control-plane', `mv /root/kube-scheduler.yaml ${manifests}/`);
    expect(await waitFor(namespace, '--for=condition=Ready', 'pod/waiting')).toBe(
      'pod/waiting condition met',
    );
  });

  it('tells what nodes and Pods use', async () => {
    const top = async (...args: readonly string[]): Promise<string> =>
      until(
        async () => {
          const { status, stdout } = await tryKubectl(['top', ...args]);
          return status === 0 && stdout;
        },
        `kubectl top ${args.join(' ')}`,
      );
    const nodes = (await top('nodes')).trimEnd().split('\n');
    expect(nodes[0]).toMatch(/^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) *$/);
    for (const node of nodes.slice(1))
      expect(node).toMatch(/^(control-plane|worker-\d) +\d+m +\d+% +\d+Mi +\d+% *$/);
    expect(await top('pods', '-n', 'kube-system', '-l', 'k8s-app=kube-dns')).toMatch(
      /^NAME +CPU\(cores\) +MEMORY\(bytes\) *\ncoredns-\S+ +\d+m +\d+Mi *\n$/,
    );
  });

  it('serves its API inside the machines, to the kubeconfig that is there', async () => {
    const answer = await runOnNode(
      'worker-1',
      'curl -s --cacert /etc/kubernetes/pki/ca.crt https://10.0.0.11:6443/version',
    );
    expect(JSON.parse(answer)).toMatchObject({ gitVersion: 'v1.37.2' });
  });

  it('completes what is typed after kubectl', async () => {
    const complete = [
      '. /usr/share/bash-completion/bash_completion; _completion_loader kubectl',
      'COMP_WORDS=(kubectl get node work) COMP_CWORD=3 COMP_TYPE=9',
      'COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}',
      '__start_kubectl 2>/dev/null; echo "${COMPREPLY[*]}"',
    ];
    expect(await runOnNode('control-plane', complete.join('; '))).toBe('worker-1 worker-2\n');
  });
});
