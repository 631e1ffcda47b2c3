import { sleep } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { httpExchange } from '../../http/index.ts';
import type {
  Container,
  LifecycleHandler,
  Pod,
} from '../../objects/generated/core-v1.generated.ts';
import { goFormat, goQuote } from '../../objects/go-text.ts';
import type { KubeletContext } from '../contracts.ts';
import { podText } from './texts.ts';

/** What user agents of kubelets' hooks say. */
const USER_AGENT = 'kube-lifecycle/1.37';

type HookContext = Pick<KubeletContext, 'cri' | 'agent' | 'clock' | 'pods'>;

/**
 * Runs a `postStart` or `preStop` hook of a container to its end (upstream's lifecycle/handlers.go).
 * Throws an `Error` with upstream's message.
 */
export async function runHook(
  context: HookContext,
  pod: Pod,
  container: Container,
  containerId: string,
  handler: LifecycleHandler,
): Promise<void> {
  const { cri, clock } = context;
  const about = `for Container ${goQuote(container.name)} in Pod ${goQuote(podText(pod))} failed - error: `;
  if (handler.exec !== undefined) {
    const command = handler.exec.command ?? [];
    const what = `Exec lifecycle hook (${goFormat(command)}) ${about}`;
    let result;
    try {
      result = await cri.execSync(containerId, command, 0);
    } catch (error) {
      throw new Error(`${what}${messageOf(error)}, message: ""`, { cause: error });
    }
    const { exitCode, stdout, stderr } = result;
    if (exitCode !== 0)
      throw new Error(
        `${what}command '${command.join(' ')}' exited with ${exitCode}: ${stderr}, message: ${goQuote(stdout + stderr)}`,
      );
    return;
  }
  if (handler.httpGet !== undefined) {
    try {
      await getOverHttp(context, pod, container, handler.httpGet);
    } catch (error) {
      throw new Error(
        `HTTP lifecycle hook (${handler.httpGet.path ?? ''}) ${about}${messageOf(error)}`,
        { cause: error },
      );
    }
    return;
  }
  if (handler.sleep !== undefined) {
    await sleep(clock, handler.sleep.seconds * 1000);
    return;
  }
  throw new Error('Cannot run handler: invalid handler');
}

/** From the node. Any answer will do: only a failed connection fails the hook. */
async function getOverHttp(
  { agent, pods }: HookContext,
  pod: Pod,
  container: Container,
  { host, port, path = '/', httpHeaders = [] }: NonNullable<LifecycleHandler['httpGet']>,
): Promise<void> {
  const number = portNumber(container, port);
  const address = host ?? pods.status(pod.metadata.uid ?? '')?.podIP;
  if (address === undefined) throw new Error('failed to find networking container');
  const headers = new Headers({ 'user-agent': USER_AGENT, accept: '*/*' });
  for (const { name, value } of httpHeaders) headers.append(name, value);
  const stream = await agent.dial({ network: 'tcp', address: `${address}:${number}` });
  const { body } = await httpExchange(stream, {
    method: 'GET',
    url: `http://${address}:${number}${path.startsWith('/') ? '' : '/'}${path}`,
    headers,
    body: null,
  });
  await body?.cancel();
}

function portNumber({ ports = [] }: Container, port: string | number): number {
  if (typeof port === 'number') return port;
  const named = ports.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(named)) throw new Error(`couldn't find port: ${port}`);
  return named;
}
