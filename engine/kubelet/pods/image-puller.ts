import { goDuration } from '../../base/go-duration.ts';
import { withImageTag } from '../../objects/defaults/image-tag.ts';
import type { Container, Pod } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { CriAuth, CriImage } from '../../runtime/cri/types.ts';
import type { ImageCredentials, KubeletContext } from '../contracts.ts';
import { KeyBackoff } from './key-backoff.ts';
import { StartError } from './start-error.ts';
import { errorText } from './texts.ts';

/** Milliseconds between tries of an image that cannot be pulled (`imageBackOffPeriod`, `MaxImageBackOff`). */
const FIRST_BACKOFF_MS = 10_000;
const MOST_BACKOFF_MS = 300_000;

/** Makes images present by the containers' policies, with upstream's events (pkg/kubelet/images). */
export class ImagePuller {
  readonly #context: Pick<KubeletContext, 'cri' | 'clock' | 'events' | 'configuration'>;
  readonly #credentials: ImageCredentials;
  readonly #backoff: KeyBackoff;
  /** by uid and image: what the last try failed with */
  readonly #failures = new Map<string, string>();
  /** the pull under way, for which others wait */
  #pulling: Promise<unknown> = Promise.resolve();

  constructor(
    context: Pick<KubeletContext, 'cri' | 'clock' | 'events' | 'configuration'>,
    credentials: ImageCredentials,
  ) {
    this.#context = context;
    this.#credentials = credentials;
    this.#backoff = new KeyBackoff(context.clock, FIRST_BACKOFF_MS, MOST_BACKOFF_MS);
  }

  /** Throws `StartError`. */
  async ensure(pod: Pod, container: Container): Promise<CriImage> {
    const { cri, events } = this.#context;
    const { name, image: requested = '', imagePullPolicy: policy = 'IfNotPresent' } = container;
    const image = withImageTag(requested);
    if (image === undefined) {
      const message = `Failed to apply default image tag ${goQuote(requested)}: couldn't parse image name ${goQuote(requested)}: invalid reference format`;
      events.pod(pod, 'Warning', 'InspectFailed', message, name);
      throw new StartError('InvalidImageName', message);
    }
    if (policy !== 'Always') {
      let present: CriImage | undefined;
      try {
        present = await cri.imageStatus(image);
      } catch (error) {
        const message = `Failed to inspect image "": ${errorText(error)}`;
        events.pod(pod, 'Warning', 'InspectFailed', message, name);
        throw new StartError('ImageInspectError', message);
      }
      if (present !== undefined) {
        const message = `Container image "${requested}" already present on machine and can be accessed by the pod`;
        events.pod(pod, 'Normal', 'Pulled', message, name);
        return present;
      }
      if (policy === 'Never') {
        const message = `Container image "${requested}" is not present with pull policy of Never`;
        events.pod(pod, 'Warning', 'ErrImageNeverPull', message, name);
        throw new StartError('ErrImageNeverPull', message);
      }
    }
    return this.#pull(pod, name, requested, image);
  }

  async #pull(pod: Pod, container: string, requested: string, image: string): Promise<CriImage> {
    const { cri, clock, events } = this.#context;
    const key = `${pod.metadata.uid}_${requested}`;
    if (this.#backoff.remainingSinceUpdate(key) > 0) {
      const message = `Back-off pulling image "${requested}"`;
      events.pod(pod, 'Normal', 'BackOff', message, container);
      const last = this.#failures.get(key);
      throw new StartError(
        'ImagePullBackOff',
        last === undefined ? message : `${message}: ${last}`,
      );
    }
    this.#failures.delete(key);
    events.pod(pod, 'Normal', 'Pulling', `Pulling image "${requested}"`, container);
    const asked = clock.now();
    try {
      const { id, duration } = await this.#inTurn(() => this.#pullWithAuths(pod, image));
      const present = await cri.imageStatus(id);
      if (present === undefined) throw new Error(`image "${id}" is gone`);
      events.pod(
        pod,
        'Normal',
        'Pulled',
        `Successfully pulled image "${requested}" in ${goDuration(duration)} (${goDuration(clock.now() - asked)} including waiting). Image size: ${present.size} bytes.`,
        container,
      );
      this.#backoff.collect();
      return present;
    } catch (error) {
      const text = errorText(error);
      events.pod(
        pod,
        'Warning',
        'Failed',
        `Failed to pull image "${requested}": ${text}`,
        container,
      );
      this.#backoff.next(key);
      this.#failures.set(key, `ErrImagePull: ${text}`);
      throw new StartError('ErrImagePull', text);
    }
  }

  async #pullWithAuths(pod: Pod, image: string): Promise<{ id: string; duration: number }> {
    const { cri, clock } = this.#context;
    const start = clock.now();
    const { auths } = await this.#credentials.of(pod, image);
    const tries: readonly (CriAuth | undefined)[] = auths.length === 0 ? [undefined] : auths;
    const failures: unknown[] = [];
    for (const auth of tries) {
      try {
        const id = await cri.pullImage(image, auth);
        return { id, duration: clock.now() - start };
      } catch (error) {
        failures.push(error);
      }
    }
    const [first] = failures;
    // As upstream's aggregate of errors: one is itself, several are a list.
    if (failures.length === 1) throw first;
    throw new Error(`[${failures.map(errorText).join(', ')}]`);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#context.configuration.serializeImagePulls) return work();
    const turn = this.#pulling.then(work, work);
    this.#pulling = turn.catch(() => undefined);
    return turn;
  }
}
