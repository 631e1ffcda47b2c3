import type { Volume } from '../../runtime/types.ts';
import { badRequest, notFound } from '../api/api-error.ts';
import type { ContainerContext } from '../containers/context.ts';

export interface VolumeRequest {
  /** empty for an anonymous one */
  readonly name: string;
  /** empty for whichever has it */
  readonly driver: string;
  readonly labels?: Readonly<Record<string, string>> | null | undefined;
  readonly options?: Readonly<Record<string, string>> | null | undefined;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** Options of the driver `local`, and those that each needs beside it. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  type: ['device'],
  device: ['type'],
  o: ['device', 'type'],
  size: [],
};

/** The volume of that name, or a new one. Throws 400 and 404 in dockerd's words. */
export async function createVolume(
  { runtime, events }: ContainerContext,
  { name, driver, labels, options }: VolumeRequest,
): Promise<Volume> {
  const failure = `create ${name}: `;
  if (driver !== '' && driver !== 'local')
    throw notFound(
      `${failure}error looking up volume plugin ${driver}: plugin ${JSON.stringify(driver)} not found`,
    );
  const known = name === '' ? undefined : runtime.volumes.find(name);
  if (known !== undefined) return known;
  if (name !== '') checkName(name);
  checkOptions(failure, options ?? {});
  const volume = await runtime.volumes.create({
    ...(name === '' ? {} : { name }),
    ...(labels && { labels }),
    ...(options && { options }),
  });
  events.add('volume', 'create', volume.name, { driver: 'local' });
  return volume;
}

function checkName(name: string): void {
  if (name.length === 1)
    throw badRequest(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  if (NAME.test(name)) return;
  throw badRequest(
    `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

function checkOptions(failure: string, options: Readonly<Record<string, string>>): void {
  for (const option of Object.keys(options)) {
    if (!Object.hasOwn(OPTIONS, option))
      throw badRequest(`${failure}invalid option: ${JSON.stringify(option)}`);
  }
  for (const [option, needed] of Object.entries(OPTIONS)) {
    const missing = needed.find((one) => !Object.hasOwn(options, one));
    if (Object.hasOwn(options, option) && missing !== undefined)
      throw badRequest(`${failure}missing required option: ${JSON.stringify(missing)}`);
  }
  // Limits of directories need a file system with project quotas, which the machine's is not.
  if (Object.hasOwn(options, 'size'))
    throw badRequest(`${failure}quota size requested but no quota support`);
}
