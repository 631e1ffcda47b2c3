import { resources } from '../../client/resources.ts';
import { PROVISIONER } from '../../controllers/simulated-storage/simulated-volume.ts';
import { WEB_WORKER } from '../web-worker/web-worker-runtime.ts';
import { objectOf, type Install } from './install.ts';

/** For programs of ours that run beside the machines, and for volumes that are made on demand. */
export const classes: readonly Install[] = [
  objectOf(resources.runtimeClasses, {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: WEB_WORKER },
    handler: WEB_WORKER,
  }),
  objectOf(resources.storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: 'standard',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  }),
];
