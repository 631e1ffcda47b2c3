import { change, creation, like, type GoldenCase } from '../case.ts';

const pod = like({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'c', image: 'nginx:1.29' }] },
});

const container = 'spec.containers[0]';

export const cases: readonly GoldenCase[] = [
  creation('minimal', pod()),
  creation('image without tag', pod({ [`${container}.image`]: 'nginx' })),
  creation('image by digest', pod({ [`${container}.image`]: `nginx@sha256:${'a'.repeat(64)}` })),
  creation('image of a registry with port', pod({ [`${container}.image`]: 'localhost:5000/x/nginx' })),
  creation('image tag latest', pod({ [`${container}.image`]: 'example.com/nginx:latest' })),
  creation('image with spaces', pod({ [`${container}.image`]: ' nginx ' })),
  creation('no containers', pod({ 'spec.containers': [] })),
  creation('bad name', pod({ 'metadata.name': 'Web_1' })),
  creation('long name', pod({ 'metadata.name': 'a'.repeat(254) })),
  creation('generateName too long', pod({ 'metadata.name': undefined, 'metadata.generateName': `${'a'.repeat(260)}-` })),
  creation('bad metadata', pod({
    'metadata.labels': { 'a b': 'c d', '-x': '-y', ok: 'ok' },
    'metadata.annotations': { 'a b': 'c', '/': 'x' },
    'metadata.finalizers': ['bad', 'example.com/good', 'a b/c'],
    'metadata.ownerReferences': [
      { apiVersion: '', kind: '', name: '', uid: '' },
      { apiVersion: 'v1', kind: 'Event', name: 'e', uid: '1' },
      { apiVersion: 'a/b/c', kind: 'X', name: 'x', uid: '2', controller: true },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'y', uid: '3', controller: true },
    ],
  })),
  creation('both cascade finalizers', pod({ 'metadata.finalizers': ['orphan', 'foregroundDeletion'] })),
  creation('negative generation', pod({ 'metadata.generation': -1 })),
  creation('status is dropped', pod({ status: { phase: 'Running', podIP: '1.2.3.4' } })),
  creation('bad container', pod({
    [container]: {
      name: 'Bad_Name',
      image: '',
      imagePullPolicy: 'Sometimes',
      terminationMessagePolicy: 'Never',
      ports: [
        { containerPort: 0 },
        { containerPort: 70000, name: 'UPPER' },
        { containerPort: 80, hostPort: -1, protocol: 'ICMP', name: 'a--b' },
        { containerPort: 80, name: 'http' },
        { containerPort: 81, name: 'http', hostIP: 'x' },
        { containerPort: 82, name: 'waytoolongportname' },
        { containerPort: 83, name: '-1-' },
      ],
    },
  })),
  creation('ports with defaults', pod({
    [`${container}.ports`]: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP', name: 'dns', hostPort: 53 }],
  })),
  creation('host network', pod({
    'spec.hostNetwork': true,
    [`${container}.ports`]: [{ containerPort: 80 }],
  })),
  creation('host network with other host port', pod({
    'spec.hostNetwork': true,
    [`${container}.ports`]: [{ containerPort: 80, hostPort: 81 }],
  })),
  creation('duplicate host ports', pod({
    [`${container}.ports`]: [{ containerPort: 80, hostPort: 80 }, { containerPort: 81, hostPort: 80 }],
  })),
  creation('duplicate containers', pod({
    'spec.containers': [{ name: 'c', image: 'a' }, { name: 'c', image: 'b' }],
  })),
  creation('env', pod({
    [`${container}.env`]: [
      { name: 'A', value: 'b' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } } },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'x', key: 'y', optional: true } } },
    ],
    [`${container}.envFrom`]: [{ configMapRef: { name: 'a' } }, { prefix: 'X_', secretRef: { name: 'b' } }],
  })),
  creation('bad env', pod({
    [`${container}.env`]: [
      { name: '' },
      { name: 'a=b' },
      { name: 'é' },
      { name: 'A', value: 'b', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'B', valueFrom: {} },
      { name: 'C', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } },
      { name: 'D', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
      { name: 'E', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a b']" } } },
      { name: 'F', valueFrom: { fieldRef: { fieldPath: "spec.nodeName['x']" } } },
      { name: 'G', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } },
      { name: 'H', valueFrom: { fieldRef: { apiVersion: 'v2', fieldPath: 'metadata.name' } } },
      { name: 'I', valueFrom: { fieldRef: { fieldPath: '' } } },
      { name: 'J', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } },
      { name: 'K', valueFrom: { resourceFieldRef: { resource: '' } } },
      { name: 'L', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } },
      { name: 'M', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '3Mi' } } },
      { name: 'N', valueFrom: { resourceFieldRef: { resource: 'limits.ephemeral-storage', divisor: '5' } } },
      { name: 'O', valueFrom: { configMapKeyRef: { name: 'A', key: 'a b' } } },
      { name: 'P', valueFrom: { secretKeyRef: { name: '', key: '' } } },
      { name: 'Q', valueFrom: { secretKeyRef: { name: 'x', key: '..' }, configMapKeyRef: { name: 'x', key: 'y' } } },
      { name: 'R', valueFrom: { fileKeyRef: { key: '', volumeName: '', path: '' } } },
      { name: 'S', valueFrom: { fileKeyRef: { key: 'a', volumeName: 'V', path: '../x' } } },
    ],
    [`${container}.envFrom`]: [
      {},
      { prefix: 'a=', configMapRef: { name: '' } },
      { secretRef: { name: 'A' }, configMapRef: { name: 'x-' } },
    ],
  })),
  creation('env from a file of an empty directory', pod({
    'spec.volumes': [{ name: 'v', emptyDir: {} }, { name: 'h', hostPath: { path: '/x' } }],
    [`${container}.env`]: [
      { name: 'A', valueFrom: { fileKeyRef: { key: 'A', volumeName: 'v', path: 'e' } } },
      { name: 'B', valueFrom: { fileKeyRef: { key: 'A', volumeName: 'h', path: 'e' } } },
      { name: 'C', valueFrom: { fileKeyRef: { key: 'A', volumeName: 'none', path: 'e' } } },
    ],
  })),
  creation('duplicate env and other warnings', pod({
    [`${container}.env`]: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }, { name: 'B', value: '$(A)' }, { name: 'B', value: '$(B)' }],
    'spec.serviceAccount': 'x',
    'spec.imagePullSecrets': [{ name: '' }, { name: 'a' }, { name: 'a' }],
    'spec.hostAliases': [{ ip: '1.2.3.4', hostnames: ['a'] }, { ip: '1.2.3.4', hostnames: ['b'] }],
    'spec.nodeSelector': { 'beta.kubernetes.io/os': 'linux', 'failure-domain.beta.kubernetes.io/zone': 'a' },
    'spec.tolerations': [{ key: 'a', operator: 'Exists' }],
    'metadata.annotations': { 'scheduler.alpha.kubernetes.io/critical-pod': '', 'container.apparmor.security.beta.kubernetes.io/c': 'runtime/default' },
    'spec.terminationGracePeriodSeconds': -5,
  })),
  creation('resources', pod({
    [`${container}.resources`]: { limits: { cpu: '0.5', memory: '1Gi' }, requests: { cpu: '0.1' } },
  })),
  creation('limits alone become requests', pod({
    [`${container}.resources`]: { limits: { cpu: '1000m', memory: '1024Mi', 'example.com/gpu': 1 } },
  })),
  creation('tiny quantities are rounded up', pod({
    [`${container}.resources`]: { limits: { cpu: '0.0001', memory: '1.5' } },
  })),
  creation('fractional memory warns', pod({
    [`${container}.resources`]: { requests: { memory: '100m', 'ephemeral-storage': '500m' } },
  })),
  creation('bad resources', pod({
    [`${container}.resources`]: {
      limits: { cpu: '1', memory: '-1', gpu: 1, 'a b': 1, 'example.com/gpu': '1.5', 'hugepages-2Mi': '3Mi', storage: '1Gi' },
      requests: { cpu: '2', memory: '1', 'example.com/tpu': 1, 'example.com/gpu': 1, pods: 1, 'requests.cpu': 1 },
      claims: [{ name: '' }, { name: 'x' }, { name: 'x' }, { name: 'x', request: 'A' }],
    },
  })),
  creation('huge pages alone', pod({
    [`${container}.resources`]: { limits: { 'hugepages-2Mi': '4Mi' } },
  })),
  creation('pod resources', pod({
    'spec.resources': { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
  })),
  creation('bad pod resources', pod({
    'spec.resources': { limits: { cpu: '1', storage: 1 }, requests: { cpu: '100m' }, claims: [{ name: 'x' }] },
    [`${container}.resources`]: { requests: { cpu: '200m' }, limits: { cpu: '2' } },
  })),
  creation('resource claims', pod({
    'spec.resourceClaims': [
      { name: 'a', resourceClaimName: 'x' },
      { name: 'a', resourceClaimName: 'x' },
      { name: 'B', resourceClaimTemplateName: 'Y' },
      { name: '', resourceClaimName: 'x', resourceClaimTemplateName: 'y' },
      { name: 'c' },
    ],
    [`${container}.resources`]: { claims: [{ name: 'a' }, { name: 'z' }] },
  })),
  creation('probes', pod({
    [`${container}.livenessProbe`]: { httpGet: { port: 80 } },
    [`${container}.readinessProbe`]: { tcpSocket: { port: 'http' }, successThreshold: 2 },
    [`${container}.startupProbe`]: { exec: { command: ['true'] }, failureThreshold: 30, periodSeconds: 1 },
    [`${container}.lifecycle`]: { preStop: { httpGet: { port: 'http', path: '/x' } }, postStart: { exec: { command: ['true'] } } },
  })),
  creation('grpc probe', pod({ [`${container}.livenessProbe`]: { grpc: { port: 5000 } } })),
  creation('bad probes', pod({
    [`${container}.livenessProbe`]: {
      httpGet: { port: 0, scheme: 'ftp', httpHeaders: [{ name: 'a b', value: 'x' }] },
      exec: { command: [] },
      successThreshold: 2,
      initialDelaySeconds: -1,
      timeoutSeconds: -1,
      periodSeconds: -1,
      failureThreshold: -1,
      terminationGracePeriodSeconds: 0,
    },
    [`${container}.readinessProbe`]: { tcpSocket: { port: 'UPPER' }, terminationGracePeriodSeconds: 5 },
    [`${container}.startupProbe`]: {},
    [`${container}.lifecycle`]: {
      preStop: { sleep: { seconds: 100 } },
      postStart: { exec: { command: [] }, tcpSocket: { port: 70000 } },
    },
  })),
  creation('init containers', pod({
    'spec.initContainers': [
      { name: 'init', image: 'busybox', ports: [{ containerPort: 1 }] },
      { name: 'sidecar', image: 'busybox', restartPolicy: 'Always', startupProbe: { exec: { command: ['x'] } } },
    ],
  })),
  creation('bad init containers', pod({
    'spec.initContainers': [
      { name: 'c', image: 'x' },
      { name: 'a', image: 'x', restartPolicy: 'Sometimes' },
      {
        name: 'a',
        image: 'x',
        lifecycle: { preStop: { exec: { command: ['x'] } } },
        livenessProbe: { exec: { command: ['x'] } },
        readinessProbe: { exec: { command: ['x'] } },
        startupProbe: { exec: { command: ['x'] } },
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
      },
      { name: 'b', image: 'x', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] },
    ],
  })),
  creation('container restart rules', pod({
    [`${container}.restartPolicy`]: 'Never',
    [`${container}.restartPolicyRules`]: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
  })),
  creation('bad container restart rules', pod({
    [`${container}.restartPolicy`]: 'Bad',
    [`${container}.restartPolicyRules`]: [{ action: 'Stop' }, { action: 'Restart', exitCodes: { operator: 'Is', values: [] } }],
  })),
  creation('ephemeral containers on create', pod({ 'spec.ephemeralContainers': [{ name: 'd', image: 'x' }] })),
  creation('resize policy', pod({
    [`${container}.resizePolicy`]: [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'RestartContainer' },
    ],
  })),
  creation('bad resize policy', pod({
    'spec.restartPolicy': 'Never',
    [`${container}.resizePolicy`]: [
      { resourceName: 'cpu', restartPolicy: 'RestartContainer' },
      { resourceName: 'cpu', restartPolicy: 'x' },
      { resourceName: 'gpu', restartPolicy: '' },
    ],
  })),
  creation('bad spec', pod({
    'spec.restartPolicy': 'Sometimes',
    'spec.dnsPolicy': 'Maybe',
    'spec.nodeName': 'Node_1',
    'spec.hostname': 'Host_1',
    'spec.subdomain': 'sub.domain',
    'spec.serviceAccountName': 'A',
    'spec.priorityClassName': 'A_',
    'spec.runtimeClassName': 'A_',
    'spec.preemptionPolicy': 'x',
    'spec.activeDeadlineSeconds': 0,
    'spec.terminationGracePeriodSeconds': 10,
    'spec.nodeSelector': { 'a b': 'c d' },
    'spec.hostAliases': [{ ip: 'x', hostnames: ['A_', 'b'] }],
    'spec.readinessGates': [{ conditionType: 'a b' }],
    'spec.schedulingGates': [{ name: 'a' }, { name: 'a' }, { name: 'a b' }],
    'spec.overhead': { cpu: '-1', gpu: 1 },
    'spec.os': { name: 'plan9' },
    'spec.hostnameOverride': 'A_',
  })),
  creation('null-ish DNS', pod({ 'spec.dnsPolicy': 'None' })),
  creation('DNS without servers', pod({ 'spec.dnsPolicy': 'None', 'spec.dnsConfig': { searches: ['a'] } })),
  creation('DNS', pod({
    'spec.dnsPolicy': 'None',
    'spec.dnsConfig': { nameservers: ['1.1.1.1'], searches: ['a.b', '.', '_x.y.'], options: [{ name: 'ndots', value: '2' }] },
  })),
  creation('bad DNS', pod({
    'spec.dnsConfig': {
      nameservers: ['x', '1.1.1.1', '1.1.1.1', '01.1.1.1'],
      searches: ['A B', ...Array.from({ length: 32 }, (_, index) => `s${index}`)],
      options: [{ value: 'x' }],
    },
  })),
  creation('host name override', pod({ 'spec.hostnameOverride': 'a.b', 'spec.setHostnameAsFQDN': true, 'spec.hostNetwork': true })),
  creation('active deadline', pod({ 'spec.activeDeadlineSeconds': 2147483648 })),
  creation('share process namespace with host PID', pod({ 'spec.shareProcessNamespace': true, 'spec.hostPID': true })),
  creation('host users', pod({ 'spec.hostUsers': false, 'spec.hostPID': true, 'spec.hostIPC': true, 'spec.hostNetwork': true })),
  creation('gated Pod on a node', pod({ 'spec.nodeName': 'n', 'spec.schedulingGates': [{ name: 'example.com/g' }] })),
  creation('gated Pod', pod({ 'spec.schedulingGates': [{ name: 'example.com/g' }] })),
  creation('token without service account', pod({
    'spec.volumes': [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
  })),
  creation('security contexts', pod({
    'spec.securityContext': {
      runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000, supplementalGroups: [1, 2], fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' }, sysctls: [{ name: 'net.core.somaxconn', value: '1' }],
    },
    [`${container}.securityContext`]: {
      privileged: true, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] }, readOnlyRootFilesystem: true,
      seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' }, procMount: 'Default',
    },
  })),
  creation('bad security contexts', pod({
    'spec.hostNetwork': true,
    'spec.hostIPC': true,
    'spec.securityContext': {
      runAsUser: -1, runAsGroup: 4294967296, fsGroup: -1, supplementalGroups: [-1, 5], fsGroupChangePolicy: 'x',
      seccompProfile: { type: 'Localhost' }, supplementalGroupsPolicy: 'x', seLinuxChangePolicy: 'x',
      sysctls: [{ name: 'net.core.somaxconn', value: '1' }, { name: 'kernel.shm_rmid_forced', value: '1' }, { name: 'a b', value: '' }, { name: 'x', value: '' }, { name: 'x', value: '' }],
      appArmorProfile: { type: 'Localhost' },
      windowsOptions: { gmsaCredentialSpecName: 'A_', gmsaCredentialSpec: '', runAsUserName: 'a\\b\\c', hostProcess: true },
    },
    [`${container}.securityContext`]: {
      runAsUser: -1, procMount: 'Unmasked', allowPrivilegeEscalation: false, privileged: true, capabilities: { add: ['CAP_SYS_ADMIN'] },
      seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' },
      appArmorProfile: { type: 'Unconfined', localhostProfile: 'x' },
      windowsOptions: { hostProcess: false, runAsUserName: '' },
    },
  })),
  creation('more bad profiles', pod({
    'spec.securityContext': { seccompProfile: { type: '' }, appArmorProfile: { type: 'x' } },
    [`${container}.securityContext`]: {
      procMount: 'x',
      seccompProfile: { type: 'Localhost', localhostProfile: '/../x' },
      appArmorProfile: { type: 'Localhost', localhostProfile: ' x ' },
      windowsOptions: { runAsUserName: `${'d'.repeat(256)}\\${'u'.repeat(105)}` },
    },
  })),
  creation('windows users', pod({
    'spec.containers': ['.', 'a:b', 'bad*domain\\x', 'a\u0001b', 'domain\\'].map((runAsUserName, index) => ({
      name: `c${index}`, image: 'x', securityContext: { windowsOptions: { runAsUserName } },
    })),
  })),
  creation('windows pod with linux options', pod({
    'spec.os': { name: 'windows' },
    'spec.hostUsers': true,
    'spec.hostPID': true,
    'spec.hostIPC': true,
    'spec.shareProcessNamespace': false,
    'spec.resources': { limits: { cpu: 1 } },
    'spec.securityContext': {
      appArmorProfile: { type: 'RuntimeDefault' }, seLinuxOptions: { level: 's0' }, seccompProfile: { type: 'RuntimeDefault' }, fsGroup: 1,
      fsGroupChangePolicy: 'Always', sysctls: [{ name: 'a', value: 'b' }], runAsUser: 1, runAsGroup: 1, supplementalGroups: [1],
      supplementalGroupsPolicy: 'Merge', seLinuxChangePolicy: 'Recursive',
    },
    [`${container}.securityContext`]: {
      appArmorProfile: { type: 'RuntimeDefault' }, seLinuxOptions: { level: 's0' }, seccompProfile: { type: 'RuntimeDefault' }, capabilities: {},
      readOnlyRootFilesystem: true, privileged: true, allowPrivilegeEscalation: true, procMount: 'Default', runAsUser: 1, runAsGroup: 1,
    },
  })),
  creation('linux pod with windows options', pod({
    'spec.os': { name: 'linux' },
    'spec.securityContext': { windowsOptions: {} },
    [`${container}.securityContext`]: { windowsOptions: { runAsUserName: 'x' } },
  })),
  creation('annotations of profiles', pod({
    'metadata.annotations': {
      'seccomp.security.alpha.kubernetes.io/pod': 'bogus',
      'container.seccomp.security.alpha.kubernetes.io/c': 'localhost//etc',
      'container.apparmor.security.beta.kubernetes.io/nobody': 'bogus',
      'controller.kubernetes.io/pod-deletion-cost': 'x',
      'kubernetes.io/config.mirror': 'abc',
    },
  })),
  creation('profiles contradict annotations', pod({
    'metadata.annotations': {
      'seccomp.security.alpha.kubernetes.io/pod': 'unconfined',
      'container.apparmor.security.beta.kubernetes.io/c': 'unconfined',
    },
    'spec.securityContext': { seccompProfile: { type: 'RuntimeDefault' }, appArmorProfile: { type: 'RuntimeDefault' } },
  })),
  creation('app armor annotation becomes a field', pod({
    'metadata.annotations': { 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/x' },
  })),
  creation('scheduling', pod({
    'spec.tolerations': [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }, { operator: 'Exists' }, { key: 'b', value: 'c' }],
    'spec.affinity': {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }] },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] } }],
      },
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'b' } }, matchLabelKeys: ['x'] }] },
    },
    'metadata.labels': { x: 'y', a: 'b' },
    'spec.topologySpreadConstraints': [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: 'b' } }, matchLabelKeys: ['x'] }],
  })),
  creation('bad tolerations', pod({
    'spec.tolerations': [
      { key: 'a b', operator: 'Exists' },
      { operator: 'Equal' },
      { key: 'a', operator: 'Exists', value: 'x' },
      { key: 'a', operator: 'Equal', value: 'a b', effect: 'Nope' },
      { key: 'a', operator: 'Is' },
      { key: 'a', operator: 'Gt', value: 'x' },
      { key: 'a', tolerationSeconds: 1, effect: 'NoSchedule' },
    ],
  })),
  creation('bad node affinity', pod({
    'spec.affinity': {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'a b', operator: 'In' }, { key: 'a', operator: 'Exists', values: ['x'] }, { key: 'a', operator: 'Gt', values: ['1', '2'] }, { key: 'a', operator: 'Is' }, { key: 'a', operator: 'In', values: ['a b'] }] },
            { matchFields: [{ key: 'metadata.name', operator: 'Exists' }, { key: 'spec.x', operator: 'In', values: ['a'] }, { key: 'metadata.name', operator: 'In', values: ['A_', 'b'] }] },
          ],
        },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'In', values: ['a b'] }] } }, { weight: 101, preference: {} }],
      },
    },
  })),
  creation('empty node affinity', pod({ 'spec.affinity': { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } })),
  creation('bad pod affinity', pod({
    'spec.affinity': {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: '', labelSelector: { matchLabels: { 'a b': 'c d' }, matchExpressions: [{ key: 'a', operator: 'In' }, { key: 'a', operator: 'Exists', values: ['x'] }, { key: 'a', operator: 'x' }, { key: 'k', operator: 'In', values: ['a b'] }] }, namespaces: ['A_'] },
          { topologyKey: 'a b', matchLabelKeys: ['x'] },
          { topologyKey: 'a', labelSelector: { matchLabels: { x: 'y' } }, matchLabelKeys: ['x', 'z', 'a b'], mismatchLabelKeys: ['z'] },
        ],
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { topologyKey: '' } }],
      },
    },
  })),
  creation('bad spreading', pod({
    'spec.topologySpreadConstraints': [
      { maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'x', minDomains: 0, nodeAffinityPolicy: 'x', nodeTaintsPolicy: 'y' },
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2, labelSelector: { matchLabels: { 'a b': '' } } },
      { maxSkew: 2, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway', matchLabelKeys: ['x'] },
    ],
  })),
  change('image may change', pod(), { [`${container}.image`]: 'nginx:2', 'metadata.labels': { a: 'b' } }),
  change('image may not vanish', pod(), { [`${container}.image`]: '' }),
  change('env may not change', pod(), { [`${container}.env`]: [{ name: 'A', value: 'b' }] }),
  change('several fields may not change', pod(), {
    'spec.restartPolicy': 'Never', 'spec.hostname': 'x', 'spec.nodeSelector': { a: 'b' }, [`${container}.command`]: ['x'],
    'spec.securityContext': { runAsUser: 5 },
  }),
  change('resources may not change', pod({ [`${container}.resources`]: { requests: { cpu: '1' } } }), { [`${container}.resources`]: { requests: { cpu: '2' } } }),
  change('containers may not come', pod(), { 'spec.containers[1]': { name: 'd', image: 'x' } }),
  change('tolerations may come', pod({ 'spec.tolerations': [{ key: 'a' }] }), { 'spec.tolerations': [{ key: 'a' }, { key: 'b' }] }),
  change('tolerations may not go', pod({ 'spec.tolerations': [{ key: 'a' }] }), { 'spec.tolerations': [] }),
  change('deadline may be set', pod(), { 'spec.activeDeadlineSeconds': 10 }),
  change('deadline may not grow', pod({ 'spec.activeDeadlineSeconds': 10 }), { 'spec.activeDeadlineSeconds': 11 }),
  change('deadline may not vanish', pod({ 'spec.activeDeadlineSeconds': 10 }), { 'spec.activeDeadlineSeconds': undefined }),
  change('deadline out of range', pod({ 'spec.activeDeadlineSeconds': 10 }), { 'spec.activeDeadlineSeconds': -1 }),
  change('gates may go', pod({ 'spec.schedulingGates': [{ name: 'a.b/c' }] }), { 'spec.schedulingGates': [], 'spec.nodeSelector': { a: 'b' } }),
  change('gates may not come', pod(), { 'spec.schedulingGates': [{ name: 'a.b/c' }] }),
  change('gated Pods may be narrowed', pod({ 'spec.schedulingGates': [{ name: 'a.b/c' }], 'spec.nodeSelector': { a: 'b' } }), { 'spec.nodeSelector': { a: 'b', c: 'd' } }),
  change('gated Pods may not be widened', pod({
    'spec.schedulingGates': [{ name: 'a.b/c' }],
    'spec.nodeSelector': { a: 'b' },
    'spec.affinity': { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } } },
  }), {
    'spec.nodeSelector': {},
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator': 'DoesNotExist',
  }),
  change('metadata is checked again', pod(), { 'metadata.labels': { 'a b': 'c' }, 'metadata.ownerReferences': [{ apiVersion: 'v1', kind: '', name: 'x', uid: '' }] }),
  change('mirror annotation may not come', pod(), { 'metadata.annotations': { 'kubernetes.io/config.mirror': 'x' } }),
  change('status', pod(), {
    'spec.nodeName': 'ignored',
    status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], conditions: [{ type: 'Ready', status: 'True' }], qosClass: 'BestEffort' },
  }, 'status'),
  change('bad status', pod(), {
    status: {
      podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.2' }, { ip: '10.0.0.3' }, { ip: 'x' }], qosClass: 'Burstable', conditions: [{ type: 'a b', status: 'True' }],
      hostIP: '1.1.1.1', hostIPs: [{ ip: '1.1.1.2' }], nominatedNodeName: 'A_', observedGeneration: -1,
    },
  }, 'status'),
  {
    name: 'a finished container stays finished',
    steps: [
      { create: pod({ 'spec.restartPolicy': 'Never' }) },
      { update: { status: { phase: 'Succeeded', containerStatuses: [{ name: 'c', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } }] } }, subresource: 'status' },
      { update: { 'status.containerStatuses[0].state': { running: {} } }, subresource: 'status' },
    ],
  },
  {
    name: 'ephemeral containers',
    steps: [
      { create: pod() },
      { update: { 'spec.ephemeralContainers': [{ name: 'debug', image: 'busybox', targetContainerName: 'c' }] }, subresource: 'ephemeralcontainers' },
      { update: { 'spec.ephemeralContainers': [] }, subresource: 'ephemeralcontainers' },
      { update: { 'spec.ephemeralContainers[0].image': 'x' }, subresource: 'ephemeralcontainers' },
    ],
  },
  change('bad ephemeral containers', pod({ 'spec.volumes': [{ name: 'v', emptyDir: {} }] }), {
    'spec.ephemeralContainers': [{
      name: 'c', image: ' x ', targetContainerName: 'nobody', ports: [{ containerPort: 80 }], resources: { limits: { cpu: 1 } },
      livenessProbe: { exec: { command: ['x'] } }, lifecycle: { preStop: { exec: { command: ['x'] } } },
      volumeMounts: [{ name: 'v', mountPath: '/x', subPath: 'y' }],
    }],
  }, 'ephemeralcontainers'),
  change('resize', pod({ [`${container}.resources`]: { requests: { cpu: '1' }, limits: { cpu: '2' } } }), { [`${container}.resources`]: { requests: { cpu: '500m' }, limits: { cpu: '1' } } }, 'resize'),
  change('bad resize', pod({ [`${container}.resources`]: { requests: { cpu: '1' }, limits: { cpu: '2' } } }), { [`${container}.resources`]: { requests: { memory: '1' } }, [`${container}.image`]: 'x' }, 'resize'),
  change('resize may not change the QoS class', pod(), { [`${container}.resources`]: { requests: { cpu: '500m' } } }, 'resize'),
  { name: 'binding', steps: [{ create: pod() }, { post: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { kind: 'Node', name: 'n1' } }, subresource: 'binding' }] },
  { name: 'bad binding', steps: [{ create: pod() }, { post: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { kind: 'Minion', name: '' } }, subresource: 'binding' }] },
  { name: 'binding to a bad name', steps: [{ create: pod() }, { post: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { name: 'A_' } }, subresource: 'binding' }] },
];
