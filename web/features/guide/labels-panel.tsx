import type { ReactNode } from 'react';
import { Badge, meanings, type Reality } from '../../ui/reality-label.tsx';
import { GuidePanel, type GuidePageProps } from './guide-panel.tsx';
import styles from './guide.module.css';

const examples: Readonly<Record<Reality, readonly string[]>> = {
  real: [
    'The Linux kernel 6.1 with its namespaces, control groups, overlays and nftables, on an emulated x86 processor (v86)',
    'Debian 12’s programs, Docker’s command line client and Compose',
    'crun, which makes every container, and the programs in containers, such as nginx, redis and postgres',
    'kubectl, CoreDNS, and CNI’s reference plugins',
    'The original Docker engine, dockerd and containerd, when you choose it in the machine panel',
  ],
  ported: [
    'The Docker engine behind /var/run/docker.sock, and the classic builder',
    'The registry that answers as Docker Hub',
    'The control plane: kube-apiserver, etcd, kube-scheduler, kube-controller-manager, cloud-controller-manager',
    'On each node: kubelet, container runtime with crictl, kube-proxy and the network plugin',
    'metrics-server, which kubectl top and the autoscaler ask',
  ],
  simulated: [
    'The cloud around a cluster, which has machines, routes and load balancers',
    'The provisioner that makes volumes on demand',
    'Hollow nodes, which only the command line has: their Pods only seem to run',
  ],
};

const remarks: Readonly<Record<Reality, ReactNode>> = {
  real: 'What you learn from it holds elsewhere. It is slower here: the processor is emulated.',
  ported:
    'Unmodified clients work with it: kubectl, Helm, docker. Transcripts of the originals are compared with ours by tests. Where ours does less, it says so instead of pretending.',
  simulated: 'Learn from what is around it, not from the part itself.',
};

/** What the labels on surfaces and lessons mean, and what has which. */
export function LabelsPanel(page: GuidePageProps) {
  return (
    <GuidePanel title="Real, ported, simulated" {...page}>
      <p>
        What you would meet in production is the real thing here wherever a browser can carry it.
        Each surface carries one of three labels, so that you always know what you are looking at.
      </p>
      {(['real', 'ported', 'simulated'] as const).map((reality) => (
        <section key={reality} className={styles['section']}>
          <h3>
            <Badge reality={reality} />
          </h3>
          <p>
            {meanings[reality]} {remarks[reality]}
          </p>
          <ul>
            {examples[reality].map((example) => (
              <li key={example}>{example}</li>
            ))}
          </ul>
        </section>
      ))}
    </GuidePanel>
  );
}
