import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../../engine/cluster/control-plane.node.ts';
import { kubernetesTools } from '../kubernetes-tools.ts';
import { runTranscript, type Shell } from '../run-transcript.ts';
import type { Command } from '../transcript.ts';
import { ExtensionServer } from './extension-server.ts';

/** kubectl, our API server, and over real TLS a server that extends it: aggregated APIs and webhooks. */

let cluster: ControlPlane;
let extension: ExtensionServer;
let home: string;
let shell: Shell;

async function run(script: string): Promise<string> {
  const command: Command = { kind: 'command', script, line: 0, output: '' };
  const [done] = await runTranscript([command], shell);
  return done?.kind === 'command' ? done.output : '';
}

function create(object: object): Promise<string> {
  return run(`kubectl create -f - <<'Y'\n${JSON.stringify(object)}\nY`);
}

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'extensions-'));
  extension = await ExtensionServer.start();
  // Webhooks that fail are told to kubectl, too.
  cluster = await startControlPlane({ port: 0, onError: () => {} });
  const kubeconfig = path.join(home, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig);
  shell = { kubeconfig, tools: await kubernetesTools() };
  // The cluster has no network here; a Service may stand for a name outside of it.
  await create({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 'extension' },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
});

afterAll(async () => {
  await cluster.close();
  extension.stop();
  await rm(home, { recursive: true });
});

const service = () => ({ namespace: 'default', name: 'extension', port: extension.port });
const caBundle = () => Buffer.from(extension.ca).toString('base64');

describe('an aggregated API', () => {
  beforeAll(async () => {
    await create({
      kind: 'APIService',
      apiVersion: 'apiregistration.k8s.io/v1',
      metadata: { name: 'v1.parts.example.com' },
      spec: {
        group: 'parts.example.com',
        version: 'v1',
        groupPriorityMinimum: 1000,
        versionPriority: 10,
        service: service(),
        caBundle: caBundle(),
      },
    });
    await run(
      'kubectl wait --for=condition=Available apiservice/v1.parts.example.com --timeout=240s',
    );
  });

  it('is available and discovered', async () => {
    expect(await run('kubectl get apiservice v1.parts.example.com')).toContain(
      'v1.parts.example.com  default/extension  True',
    );
    expect(await run('kubectl api-resources --api-group=parts.example.com')).toBe(
      'NAME  SHORTNAMES  APIVERSION  NAMESPACED  KIND\nwidgets  wd  parts.example.com/v1  true  Widget',
    );
  });

  it('serves its objects to who asks by their name', async () => {
    expect(await run('kubectl get widgets -o name')).toBe(
      'widget.parts.example.com/first\nwidget.parts.example.com/second',
    );
    const owner = "-o jsonpath='{.metadata.annotations.owner}'";
    expect(await run(`kubectl get wd first ${owner}`)).toBe(
      'kubernetes-admin by front-proxy-client',
    );
    expect(await run('kubectl get wd first --as jane')).toContain(
      'User "jane" cannot get resource "widgets" in API group "parts.example.com"',
    );
  });

  it('is watched through the API server', async () => {
    const seen = await run(
      'kubectl get --raw "/apis/parts.example.com/v1/namespaces/default/widgets?watch=1"',
    );
    expect(seen).toContain('"type":"ADDED"');
    expect(seen).toContain('"name":"third"');
  });

  it('is explained by its own documents', async () => {
    const explained = await run('kubectl explain widget.size');
    expect(explained).toContain('GROUP:  parts.example.com');
    expect(explained).toContain('FIELD: size <integer>');
    expect(explained).toContain('How big it is.');
  });
});

describe('a webhook', () => {
  beforeAll(async () => {
    await create({
      kind: 'MutatingWebhookConfiguration',
      apiVersion: 'admissionregistration.k8s.io/v1',
      metadata: { name: 'teams' },
      webhooks: [
        {
          name: 'teams.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { service: { ...service(), path: '/admit' }, caBundle: caBundle() },
          rules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              resources: ['configmaps'],
              operations: ['CREATE'],
            },
          ],
          matchConditions: [
            { name: 'not-of-the-system', expression: '!object.metadata.name.startsWith("kube-")' },
          ],
        },
      ],
    });
  });

  it('refuses, changes and warns', async () => {
    expect(await run('kubectl create configmap other')).toBe(
      'error: failed to create configmap: admission webhook "teams.example.com" denied the request: other is no name of a team\n[exit 1]',
    );
    expect(await run('kubectl create configmap team-a-long-name')).toBe(
      'Warning: this name is long\nconfigmap/team-a-long-name created',
    );
    expect(await run('kubectl get configmap -l admitted=yes -o name')).toBe(
      'configmap/team-a-long-name',
    );
  });

  it('is not asked where its conditions do not hold', async () => {
    expect(await run('kubectl create configmap kube-own')).toBe('configmap/kube-own created');
  });

  it('that is not trusted fails the request', async () => {
    await run(
      `kubectl patch mutatingwebhookconfiguration teams --type=json -p '[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]'`,
    );
    expect(await run('kubectl create configmap team-b')).toContain(
      'failed calling webhook "teams.example.com": failed to call webhook: Post "https://extension.default.svc:',
    );
    expect(await run('kubectl create configmap team-b')).toContain(
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    );
  });
});
