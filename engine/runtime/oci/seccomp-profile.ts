/** Docker's seccomp profiles, as a user writes them, to what crun compiles (docs.docker.com, "Seccomp security profiles"). */
import { messageOf } from '../../base/message-of.ts';
import { z } from 'zod';
import { RuntimeError } from '../runtime-error.ts';

const argument = z.object({
  index: z.number(),
  value: z.number(),
  valueTwo: z.number().optional(),
  op: z.string(),
});
const conditions = z.object({
  caps: z.array(z.string()).nullish(),
  arches: z.array(z.string()).nullish(),
  minKernel: z.string().nullish(),
});
const profileSchema = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.number().optional(),
  architectures: z.array(z.string()).nullish(),
  archMap: z
    .array(z.object({ architecture: z.string(), subArchitectures: z.array(z.string()).nullish() }))
    .nullish(),
  flags: z.array(z.string()).optional(),
  syscalls: z
    .array(
      z.object({
        name: z.string().optional(),
        names: z.array(z.string()).optional(),
        action: z.string(),
        errnoRet: z.number().optional(),
        args: z.array(argument).nullish(),
        includes: conditions.nullish(),
        excludes: conditions.nullish(),
      }),
    )
    .nullish(),
});

/** `linux.seccomp` of the OCI runtime specification. */
export interface OciSeccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly flags?: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errnoRet?: number;
    readonly args?: readonly z.infer<typeof argument>[];
  }[];
}

/** What the machine is in Docker's words. */
const ARCHITECTURE = 'x86';
const KERNEL = [6, 1] as const;

/** Throws INVALID for what is no profile. */
export function seccompProfile(text: string, capabilities: readonly string[]): OciSeccomp {
  const profile = parse(text);
  if (profile.architectures?.length && profile.archMap?.length)
    throw invalid(
      "use either 'architectures' or 'archMap'",
      "'architectures' and 'archMap' were specified in the seccomp profile, ",
    );
  const syscalls = (profile.syscalls ?? []).flatMap((call) => {
    const { name, names = [], action, errnoRet, args, includes, excludes } = call;
    if (name !== undefined && names.length > 0)
      throw invalid(
        "use either 'name' or 'names'",
        "'name' and 'names' were specified in the seccomp profile, ",
      );
    const isExcluded = excludes !== null && excludes !== undefined && meetsAny(excludes);
    if (isExcluded || !(includes === null || includes === undefined || meetsAll(includes)))
      return [];
    return [
      {
        names: name === undefined ? names : [name],
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args?.length ? { args } : {}),
      },
    ];
  });
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(profile.flags === undefined ? {} : { flags: profile.flags }),
    syscalls,
  };

  function meetsAny({ caps, arches, minKernel }: z.infer<typeof conditions>): boolean {
    return (
      (arches ?? []).includes(ARCHITECTURE) ||
      (caps ?? []).some((capability) => capabilities.includes(capability)) ||
      (minKernel !== null && minKernel !== undefined && isKernelAtLeast(minKernel))
    );
  }

  function meetsAll({ caps, arches, minKernel }: z.infer<typeof conditions>): boolean {
    return (
      (!arches?.length || arches.includes(ARCHITECTURE)) &&
      (caps ?? []).every((capability) => capabilities.includes(capability)) &&
      (minKernel === null || minKernel === undefined || isKernelAtLeast(minKernel))
    );
  }
}

function parse(text: string): z.infer<typeof profileSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(messageOf(cause));
  }
  const result = profileSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

function invalid(reason: string, what = 'decoding seccomp profile failed: '): RuntimeError {
  return new RuntimeError('INTERNAL', `${what}${reason}`);
}

function isKernelAtLeast(text: string): boolean {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return KERNEL[0] > major || (KERNEL[0] === major && KERNEL[1] >= minor);
}
