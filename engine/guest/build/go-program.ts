import type { Inputs } from './inputs.ts';
import { modulesIn } from './go-modules.ts';
import { run } from './run.ts';

export interface GoProgramOptions {
  readonly linkFlags?: readonly string[];
  /** more of `go build`: `-mod`, `-overlay` */
  readonly flags?: readonly string[];
}

/** Compiles a package of the module in `folder` as a static program for the machine. */
export function buildGo(
  folder: string,
  name: string,
  output: string,
  { linkFlags = [], flags = [] }: GoProgramOptions = {},
): void {
  const link = ['-s -w -buildid=', ...linkFlags].join(' ');
  run(
    'go',
    ['build', '-trimpath', '-buildvcs=false', ...flags, '-ldflags', link, '-o', output, name],
    {
      cwd: folder,
      env: { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: '386', GO386: 'sse2', GOFLAGS: '' },
    },
  );
}

/** Which version of a module the one in `folder` was pinned to: `v1.2.3`. */
export function pinnedVersion(folder: string, module: string): string {
  return run('go', ['list', '-m', '-f', '{{.Version}}', module], { cwd: folder }).toString().trim();
}

/** The modules in a program, as inputs; `folder` is that of its own module. */
export function moduleInputs(binary: string, folder: string): Inputs {
  return Object.fromEntries(
    modulesIn(binary, folder).map(({ name, version, licence }) => [
      `module ${name}`,
      `${version} ${licence}`,
    ]),
  );
}
