/** Why a container is not started; what upstream has as errors of these names. */
export type StartErrorReason =
  | 'CrashLoopBackOff'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'ErrImageNeverPull'
  | 'ErrImagePull'
  | 'ImageInspectError'
  | 'ImagePullBackOff'
  | 'InvalidImageName'
  | 'PostStartHookError'
  | 'RunContainerError';

/** Ends the start of a container; `code` and message are what its status shows while it waits. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorReason;
  /** milliseconds until it is worth trying again, when that is known */
  readonly retryAfter: number | undefined;

  constructor(code: StartErrorReason, message: string, retryAfter?: number) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}
