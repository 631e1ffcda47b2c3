/** `drydock bench [NAME…] [--json] [--browser] [--reference]`: measures and prints. Started by engine/cli. */
import { messageOf } from '../../engine/base/message-of.ts';
import { parseArgs } from 'node:util';
import { summarise, type BenchResult, type Sample } from './bench.ts';
import { allBenches, benches, referenceOf } from './benches/index.ts';
import type { ChromiumHost } from './chromium-host.ts';
import { nodeHost } from './node-host.ts';

function print(result: BenchResult, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { name, host, unit, median, p95, n, p99, instructions } = result;
  const millions =
    instructions === undefined ? '' : `  ${(instructions / 1e6).toFixed(1)} M instructions`;
  const latency = p99 === undefined ? '' : `  p99 ${p99} ms each`;
  process.stdout.write(
    `${name.padEnd(27)} ${host.padEnd(9)} median ${median} ${unit}  p95 ${p95} ${unit}  n ${n}${latency}${millions}\n`,
  );
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      browser: { type: 'boolean', default: false },
      reference: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !allBenches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no bench ${unknown.join(', ')}. There are: ${allBenches.map((bench) => bench.name).join(', ')}.\n`,
    );
    return 2;
  }
  const host = values.browser ? 'chromium' : 'node';
  const named =
    positionals.length === 0
      ? benches.filter(({ only = host }) => only === host)
      : allBenches.filter((bench) => positionals.includes(bench.name));
  const chosen = named.flatMap((bench) =>
    values.reference ? [bench, referenceOf(bench) ?? []].flat() : bench,
  );
  let chromium: ChromiumHost | undefined;
  let failures = 0;
  if (values.browser) {
    // Comes with the packages of the tests; benches in Node do without.
    const { openChromium } = await import('./chromium-host.ts');
    chromium = await openChromium();
  }
  for (const [index, bench] of chosen.entries()) {
    const { group } = bench;
    try {
      const samples: readonly Sample[] =
        chromium === undefined
          ? await bench.run(nodeHost)
          : await chromium.run(bench.name, group?.name);
      print(summarise(bench, host, samples), values.json);
    } catch (error) {
      failures++;
      process.stderr.write(`${bench.name}: ${messageOf(error)}\n`);
    }
    if (group !== undefined && chosen[index + 1]?.group !== group)
      await (chromium === undefined ? group.close() : chromium.leave(group.name));
  }
  await chromium?.close();
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
process.exit();
