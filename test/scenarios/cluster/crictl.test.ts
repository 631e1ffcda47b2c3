import { describe, expect, it } from 'vitest';
import { apply, newNamespace, runOnNode, until, waitFor } from './real-cluster.ts';

/** `crictl` in the machine of a node, which asks the runtime beside it. */
const crictl = (command: string, node = 'worker-1') => runOnNode(node, `crictl ${command}`);

async function started(script: string): Promise<string> {
  const namespace = await newNamespace('crictl');
  await apply(namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: {
      nodeName: 'worker-1',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script] }],
    },
  });
  await waitFor(namespace, '--for=condition=Ready', 'pod/web');
  return namespace;
}

describe('crictl', () => {
  it('shows, enters and tells of what runs on its node', async () => {
    const namespace = await started('echo out; echo err >&2; sleep 1000');
    const id = (await crictl(`ps -q --namespace ^${namespace}$`)).trim();
    const [head, row = ''] = (await crictl(`ps --namespace ^${namespace}$`)).split('\n');
    expect(head).toMatch(
      /^CONTAINER +IMAGE +CREATED +STATE +NAME +ATTEMPT +POD ID +POD +NAMESPACE$/,
    );
    expect(row).toMatch(
      new RegExp(
        `^${id.slice(0, 13)} +[0-9a-f]{13} +.* ago +Running +main +0 +[0-9a-f]{13} +web +${namespace}$`,
      ),
    );
    expect((await crictl(`logs ${id} 2>/dev/null`)).trim()).toBe('out');
    expect((await crictl(`exec ${id} hostname`)).trim()).toBe('web');
    expect(await crictl(`exec -i ${id} wc -c < /etc/crictl.yaml`)).toBe(
      await runOnNode('worker-1', 'wc -c < /etc/crictl.yaml'),
    );
    const terminal = await runOnNode(
      'worker-1',
      `script -qec 'stty rows 41 cols 91; crictl exec -it ${id} stty size' /dev/null < /dev/null`,
    );
    expect(terminal.trim()).toContain('41 91');
    // The shell has become its last command.
    const pid = JSON.parse(await crictl(`inspect ${id}`)) as { info: { pid: number } };
    expect(await runOnNode('worker-1', `cat /proc/${pid.info.pid}/comm`)).toBe('sleep\n');
    const failed = await crictl(`exec ${id} sh -c 'exit 3'; echo $?`);
    expect(failed).toMatch(/command terminated with exit code 3"\n1\n$/);
  });

  it('shows the workers of the control plane as what they are', async () => {
    expect(await crictl('pods --name kube-apiserver', 'control-plane')).toMatch(
      /Ready +kube-apiserver-control-plane +kube-system +0 +web-worker\n/,
    );
    expect(await crictl('version', 'control-plane')).toContain('RuntimeName:  drydock\n');
    expect(await crictl('images', 'control-plane')).toMatch(/registry.k8s.io\/etcd +3\.7/);
  });

  it('stops a container that its kubelet starts again', async () => {
    const namespace = await started('sleep 1000');
    const id = (await crictl(`ps -q --namespace ^${namespace}$`)).trim();
    expect(await crictl(`stop ${id.slice(0, 10)}`)).toBe(`${id.slice(0, 10)}\n`);
    const other = await until(async () => {
      const found = (await crictl(`ps -q --namespace ^${namespace}$`)).trim();
      return found !== '' && found !== id && found;
    }, 'another container');
    expect(await crictl(`ps -a --namespace ^${namespace}$`)).toMatch(/Exited +main +0 /);
    expect((await crictl(`ps --id ${other}`)).split('\n')[1]).toMatch(/Running +main +1 /);
  });
});
