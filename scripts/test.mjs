/**
 * `npm test [-- STEP…]`: everything that must hold before a change lands. Every step runs even
 * when an earlier one failed; the last lines say what failed and why, and count the checks.
 * `npm run test:nightly [-- STEP…]`: the same, and what takes too long for every change.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  checkComputer,
  ensureChromium,
  ensureDockerClient,
  ensureGo,
  ensurePackages,
  main,
  root,
} from './bootstrap.mjs';
import { failedFiles, judge, lastLines, summary } from './test-report.mjs';

const reports = path.join(root, 'build', 'test');

/**
 * Runs a command. Resolves to its exit status and what it printed, which is shown too unless it is to be `quiet`;
 * with `terminal` it is shown with colours, and not known here.
 */
function execute(
  command,
  args,
  { cwd = root, env = process.env, quiet = false, terminal = false } = {},
) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: terminal ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (shown) => (data) => {
    output += data;
    if (!quiet) shown.write(data);
  };
  child.stdout?.on('data', collect(process.stdout));
  child.stderr?.on('data', collect(process.stderr));
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

const fine = { passed: 1, failed: 0 };
const failure = (name, error) => ({ passed: 0, failed: 1, failures: [{ name, error }] });

/** Counts a command as one check, which passes when it exits 0. */
async function check(running) {
  const { status, output } = await running;
  return status === 0 ? fine : failure(`exit status ${status}`, lastLines(output));
}

/** Runs a vitest project, or some files of it; resolves to what became of its tests, and the exit status. */
async function runVitest(project, args, env) {
  const report = path.join(reports, `${project}.json`);
  rmSync(report, { force: true });
  const { status } = await executePackage(
    'vitest',
    [
      'run',
      `--project=${project}`,
      '--reporter=default',
      `--reporter=${path.join(root, 'scripts', 'outcomes-reporter.mjs')}`,
      ...args,
    ],
    { env: { ...process.env, ...env, TEST_OUTCOMES: report }, terminal: true },
  );
  return existsSync(report)
    ? { status, ...JSON.parse(readFileSync(report, 'utf8')) }
    : { status, outcomes: [], unhandled: [] };
}

const vitest =
  (project, env = {}) =>
  async () =>
    judge(await runVitest(project, [], env));

/**
 * A vitest project whose tests share a computer with machines and a browser. What failed is run once more, on new
 * machines (docs/decisions/026-a-second-attempt.md), and the last lines tell of what passed only then.
 */
const vitestWithMachines =
  (project, env = {}) =>
  async () => {
    const first = await runVitest(project, [], env);
    const attempts = failedFiles(first);
    if (attempts.length === 0) return judge(first);
    console.log(`\n── ${project}: a second attempt of what failed`);
    const second = { outcomes: [], unhandled: [] };
    for (const { files, suites } of attempts) {
      const filter = suites === undefined ? [] : [`--testNamePattern=^(?:${suites.join('|')}) `];
      const { outcomes, unhandled } = await runVitest(project, [...filter, ...files], env);
      second.outcomes.push(...outcomes);
      second.unhandled.push(...unhandled);
    }
    return judge(first, second);
  };

/** Folders with a go.mod: the guest programs, the generator of the Kubernetes schemas. */
const goModules = ['engine/guest/agent', 'engine/objects/generate'];

/** gofmt, go vet and go test of the Go programs. */
async function go() {
  const directory = await ensureGo();
  const env = directory
    ? { ...process.env, PATH: `${directory}${path.delimiter}${process.env.PATH}` }
    : process.env;
  const counts = { passed: 0, failed: 0, failures: [] };
  for (const module of goModules) {
    const { passed, failures } = await goModule(path.join(root, module), env);
    counts.passed += passed;
    counts.failed += failures.length;
    counts.failures.push(
      ...failures.map(({ name, error }) => ({ name: `${module}: ${name}`, error })),
    );
  }
  return counts;
}

async function goModule(cwd, env) {
  const failures = [];
  const format = spawnSync('gofmt', ['-l', '.'], { cwd, env, encoding: 'utf8' });
  if (format.status !== 0 || format.stdout)
    failures.push({ name: 'gofmt would change', error: lastLines(format.stdout ?? '') });
  const vet = await execute('go', ['vet', './...'], { cwd, env });
  if (vet.status !== 0) failures.push({ name: 'go vet', error: lastLines(vet.output) });
  const test = await execute('go', ['test', '-json', './...'], { cwd, env, quiet: true });
  const events = test.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const ended = (action) => events.filter((event) => event.Test && event.Action === action);
  const failedTests = [...ended('fail'), ...ended('skip')];
  for (const failed of failedTests) {
    const text = events
      .filter((event) => event.Test === failed.Test && event.Package === failed.Package)
      .map((event) => event.Output ?? '')
      .join('');
    console.log(text);
    failures.push({ name: `${failed.Package} ${failed.Test}`, error: lastLines(text) });
  }
  if (test.status !== 0 && failedTests.length === 0) {
    console.log(test.output);
    failures.push({ name: 'go test', error: lastLines(test.output) });
  }
  const checks = 3;
  const broken = failures.length - failedTests.length;
  return { passed: ended('pass').length + checks - broken, failures };
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
  return fine;
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
    return vitestWithMachines('scenarios')();
  },
  async cluster() {
    await states();
    return vitestWithMachines('cluster')();
  },
  async parity() {
    await states();
    const env = process.env.NIGHTLY ? { DOCKER_CLIENT: await ensureDockerClient() } : {};
    return vitestWithMachines('parity', env)();
  },
  async e2e() {
    await prepare();
    return vitestWithMachines('e2e', { CHROMIUM_PATH: await ensureChromium() })();
  },
};

await main(async () => {
  const { values, positionals: chosen } = parseArgs({
    allowPositionals: true,
    options: { nightly: { type: 'boolean' } },
  });
  if (values.nightly) process.env.NIGHTLY = '1';
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
      return failure('did not come to its tests', lastLines(error.message));
    });
    results.push({ name, ...counts, seconds: (performance.now() - started) / 1000 });
  }
  console.log(`\n${summary(results)}`);
  process.exitCode = results.some(({ failed }) => failed > 0) ? 1 : 0;
});
