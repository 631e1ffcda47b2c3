/** Seconds between two tries; dockerd needs about 20 after a cold boot. */
const RETRY_SECONDS = '1';
const RETRIES = '180';
const RETRY = ['--retry', RETRIES, '--retry-delay', RETRY_SECONDS, '--retry-all-errors'];

/** Where process 1 sends what the daemon says. */
export const DOCKERD_LOG = '/var/log/dockerd.log';

/** A command that ends when the machine's own dockerd answers. */
export const DOCKERD_ANSWERS: readonly string[] = [
  'curl',
  '-sSf',
  ...RETRY,
  '--unix-socket',
  '/var/run/docker.sock',
  'http://docker/_ping',
];
