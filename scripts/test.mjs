/**
 * `npm test [-- STEP…]`: everything that must hold before a change lands. Every step runs even
 * when an earlier one failed; the last lines say what failed and count the checks.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  checkComputer,
  ensureChromium,
  ensureDockerClient,
  ensureGo,
  ensurePackages,
  main,
  root,
} from './bootstrap.mjs';

const reports = path.join(root, 'build', 'test');

/** Runs a command; resolves to its exit status and, when `capture`, what it printed. */
function execute(command, args, { cwd = root, env = process.env, capture = false } = {}) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (data) => (output += data));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: 127, output: String(error) }));
    child.once('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

/** Runs a package's program with this Node: what npm links in `.bin` is a batch file on Windows, which cannot be spawned. */
function executePackage(name, args, options) {
  const folder = path.join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const [program] = Object.values(bin);
  return execute(process.execPath, [path.join(folder, program), ...args], options);
}

/** Counts a command as one check, which passes when it exits 0. */
async function check(running) {
  const { status } = await running;
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
}

/** A vitest project; a skipped test counts as failed. */
const vitest =
  (project, env = {}) =>
  async () => {
    const report = path.join(reports, `${project}.json`);
    rmSync(report, { force: true });
    const args = [
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ];
    const { status } = await executePackage('vitest', args, { env: { ...process.env, ...env } });
    let counts;
    try {
      counts = JSON.parse(readFileSync(report, 'utf8'));
    } catch {
      return { passed: 0, failed: 1 };
    }
    const failed = counts.numTotalTests - counts.numPassedTests;
    return { passed: counts.numPassedTests, failed: failed || (status === 0 ? 0 : 1) };
  };

/** Folders with a go.mod: the guest programs, the generator of the Kubernetes schemas. */
const goModules = ['engine/guest/agent', 'engine/objects/generate'];

/** gofmt, go vet and go test of the Go programs. */
async function go() {
  const directory = await ensureGo();
  const env = directory
    ? { ...process.env, PATH: `${directory}${path.delimiter}${process.env.PATH}` }
    : process.env;
  const counts = { passed: 0, failed: 0 };
  for (const module of goModules) {
    const { passed, failed } = await goModule(path.join(root, module), env);
    counts.passed += passed;
    counts.failed += failed;
  }
  return counts;
}

async function goModule(cwd, env) {
  const format = spawnSync('gofmt', ['-l', '.'], { cwd, env, encoding: 'utf8' });
  if (format.stdout) console.log(`gofmt would change:\n${format.stdout}`);
  const vet = await execute('go', ['vet', './...'], { cwd, env });
  const test = await execute('go', ['test', '-json', './...'], { cwd, env, capture: true });
  const events = test.output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const ended = (action) => events.filter((event) => event.Test && event.Action === action);
  const failures = [...ended('fail'), ...ended('skip')];
  for (const failure of failures) {
    const lines = events.filter(
      (event) => event.Test === failure.Test && event.Package === failure.Package,
    );
    console.log(lines.map((event) => event.Output ?? '').join(''));
  }
  const broken = [
    format.status === 0 && !format.stdout,
    vet.status === 0,
    test.status === 0 || failures.length > 0,
  ];
  const problems = broken.filter((fine) => !fine).length;
  return {
    passed: ended('pass').length + broken.length - problems,
    failed: failures.length + problems,
  };
}

const node = process.execPath;

const once = (make) => {
  let made;
  return () => (made ??= make());
};
/** What machines are restored from and what the browser loads. Made once a run, where missing or old. */
const states = once(async () => (await import('./app.mjs')).prepareStates());
const app = once(async () => (await import('./app.mjs')).buildApp());

async function prepare() {
  await Promise.all([app(), states()]);
  return { passed: 1, failed: 0 };
}

const steps = {
  format: () => check(executePackage('oxfmt', ['--check', '.'])),
  lint: () => check(executePackage('oxlint', ['-c', 'oxlint.config.mjs', '--deny-warnings', '.'])),
  types: () => check(executePackage('typescript', ['-b'])),
  unused: () => check(executePackage('knip', ['--no-progress'])),
  artifacts: () => check(execute(node, [path.join(root, 'scripts', 'guest.mjs'), 'check'])),
  go,
  unit: vitest('unit'),
  prepare,
  async scenarios() {
    await states();
    return vitest('scenarios')();
  },
  async parity() {
    await states();
    return vitest('parity', { DOCKER_CLIENT: await ensureDockerClient() })();
  },
  async e2e() {
    await prepare();
    return vitest('e2e', { CHROMIUM_PATH: await ensureChromium() })();
  },
};

await main(async () => {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !(name in steps));
  if (unknown.length > 0) {
    console.error(`No step named ${unknown.join(', ')}. Steps: ${Object.keys(steps).join(', ')}.`);
    process.exitCode = 1;
    return;
  }
  await checkComputer(3e9);
  await ensurePackages({ development: true });
  mkdirSync(reports, { recursive: true });
  const results = [];
  for (const name of chosen.length > 0 ? chosen : Object.keys(steps)) {
    console.log(`\n── ${name}`);
    const started = performance.now();
    const counts = await steps[name]().catch((error) => {
      console.error(error.message);
      return { passed: 0, failed: 1 };
    });
    results.push({ name, ...counts, seconds: (performance.now() - started) / 1000 });
  }
  console.log('');
  for (const { name, passed, failed, seconds } of results) {
    console.log(
      `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${seconds.toFixed(1).padStart(7)} s`,
    );
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
});
