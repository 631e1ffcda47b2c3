import { describe, expect, it, onTestFinished } from 'vitest';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { decodeFrames } from '../machine/agent/frames.ts';
import { encodeMessage } from '../machine/agent/messages.ts';
import { appConfig, podConfig, testCri, type TestCri } from '../runtime/cri/test-cri.node.ts';
import { runCrictl } from './crictl.ts';
import { CrictlSession, type CrictlRequest } from './session.ts';

const LABELS = {
  'io.kubernetes.pod.name': 'web',
  'io.kubernetes.pod.namespace': 'default',
};

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs crictl as the program in the machine has it run, without a terminal. */
async function run({ cri, agent, clock }: TestCri, ...args: readonly string[]): Promise<Result> {
  const [up, down] = [
    new TransformStream<Uint8Array, Uint8Array>(),
    new TransformStream<Uint8Array, Uint8Array>(),
  ];
  const request: CrictlRequest = {
    args,
    environment: [],
    terminal: { stdin: false, stderr: false, size: { rows: 0, cols: 0 } },
  };
  const writer = up.writable.getWriter();
  void writer.write(encodeMessage(request));
  const session = await CrictlSession.open({ readable: up.readable, writable: down.writable });
  if (session === undefined) throw new Error('There is no session.');
  void runCrictl({ cri, agent: new AgentClient(agent), clock }, session);
  const result = { status: -1, stdout: '', stderr: '' };
  for await (const frame of down.readable.pipeThrough(decodeFrames()))
    if (frame.type === 'exit') result.status = frame.exit.code;
    else result[frame.type] += new TextDecoder().decode(frame.bytes);
  await writer.close();
  return result;
}

async function withPod(): Promise<TestCri & { readonly pod: string; readonly container: string }> {
  const made = await testCri();
  onTestFinished(() => made.runtime.close());
  const { cri, image } = made;
  const pod = await cri.runPodSandbox(podConfig(), '');
  const config = appConfig(image, { labels: LABELS });
  const container = await cri.createContainer(pod, config, podConfig());
  await cri.startContainer(container);
  return { ...made, pod, container };
}

describe('lists', () => {
  it('show containers in upstream’s columns', async () => {
    const made = await withPod();
    const { stdout, status } = await run(made, 'ps');
    const [id, image, pod] = [made.container, made.image.slice(7), made.pod].map((text) =>
      text.slice(0, 13),
    );
    expect(stdout).toBe(
      'CONTAINER           IMAGE               CREATED                  STATE               NAME                ATTEMPT             POD ID              POD                 NAMESPACE\n' +
        `${id}       ${image}       Less than a second ago   Running             app                 0                   ${pod}       web                 default\n`,
    );
    expect(status).toBe(0);
  });

  it('leave out what does not match', async () => {
    const made = await withPod();
    expect((await run(made, 'ps', '-q')).stdout).toBe(`${made.container}\n`);
    expect((await run(made, 'ps', '-aq', '--name', '^other$')).stdout).toBe('');
    expect((await run(made, 'ps', '--state', 'exited', '-q')).stdout).toBe('');
    expect((await run(made, 'pods', '-q', '--label', 'app=web')).stdout).toBe(`${made.pod}\n`);
    expect((await run(made, 'pods', '-q', '--namespace', 'kube-system')).stdout).toBe('');
    expect((await run(made, 'ps', '--state', 'gone')).stderr).toContain(
      'level=error msg="--state should be one of created, running, exited or unknown"',
    );
  });

  it('show Pods and images', async () => {
    const made = await withPod();
    expect((await run(made, 'pods')).stdout).toMatch(
      /^POD ID {14}CREATED {18}STATE {15}NAME {16}NAMESPACE {11}ATTEMPT {13}RUNTIME\n[0-9a-f]{13} +Less than a second ago +Ready +web +default +0 +\(default\)\n$/,
    );
    expect((await run(made, 'images')).stdout).toMatch(
      /^IMAGE +TAG +IMAGE ID +SIZE\ndocker.io\/library\/app +latest +[0-9a-f]{13} +\d/,
    );
  });
});

describe('inspect', () => {
  it('has JSON as protobuf has it, with sorted keys', async () => {
    const made = await withPod();
    const { stdout } = await run(made, 'inspect', made.container.slice(0, 6));
    const { status, info } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    expect(status).toMatchObject({ id: made.container, state: 'CONTAINER_RUNNING', exitCode: 0 });
    expect(info).toMatchObject({ sandboxID: made.pod });
    expect(Object.keys(status ?? {})).toEqual(Object.keys(status ?? {}).toSorted());
  });

  it('says what cannot be found as the runtime does', async () => {
    const made = await withPod();
    const { status, stderr } = await run(made, 'inspect', 'nothing');
    expect(stderr).toContain('rpc error: code = NotFound desc = ');
    expect(status).toBe(1);
  });
});

describe('changes', () => {
  it('remove a Pod that was stopped', async () => {
    const made = await withPod();
    const id = made.pod.slice(0, 8);
    expect((await run(made, 'rmp', id)).stderr).toContain(
      `pod sandbox \\"${id}\\" is running, please stop it first`,
    );
    expect((await run(made, 'stopp', id)).stdout).toBe(`Stopped sandbox ${id}\n`);
    expect((await run(made, 'rmp', id)).stdout).toBe(`Removed sandbox ${id}\n`);
    expect(await made.cri.listPodSandbox()).toEqual([]);
  });
});

describe('the command line', () => {
  it('is helped and refused as urfave/cli does', async () => {
    const made = await withPod();
    expect((await run(made, 'stopp', '--help')).stdout).toBe(
      'NAME:\n   crictl stopp - Stop one or more running pods\n\n' +
        'USAGE:\n   crictl stopp [command options] POD-ID [POD-ID...]\n\n' +
        'OPTIONS:\n   --help, -h  show help\n',
    );
    const wrong = await run(made, 'ps', '--colour');
    expect(wrong.stdout).toMatch(
      /^Incorrect Usage: flag provided but not defined: -colour\n\nNAME:/,
    );
    expect(wrong.status).toBe(1);
  });

  it('reaches no other runtime', async () => {
    const made = await withPod();
    const { stderr } = await run(made, '-r', 'unix:///run/containerd/containerd.sock', 'ps');
    expect(stderr).toContain('dial unix /run/containerd/containerd.sock: connect: no such file');
  });
});
