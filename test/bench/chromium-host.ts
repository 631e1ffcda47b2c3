import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type CDPSession } from 'playwright-core';
import { build } from 'vite';
import type { Resources, Sample } from './bench.ts';

const root = path.resolve(import.meta.dirname, '../..');
const outDir = path.join(root, 'build/bench');

/** A page of its own for every bench, in one Chromium. */
export interface ChromiumHost {
  run(name: string): Promise<readonly Sample[]>;
  close(): Promise<void>;
}

async function serveBenches(): Promise<{ url: string; close(): void }> {
  await build({
    root: path.join(import.meta.dirname, 'browser'),
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'chrome123', assetsInlineLimit: 0 },
  });
  const { appHandler } = (await import(path.join(root, 'scripts/serve.mjs'))) as {
    appHandler(directories: object): Parameters<typeof createServer>[1];
  };
  const directories = {
    web: outDir,
    guest: path.join(root, 'engine/guest/dist'),
    states: path.join(root, 'build/states'),
  };
  const server = createServer(appHandler(directories));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://drydock.localhost:${(server.address() as AddressInfo).port}/`,
    close: () => server.close(),
  };
}

/** Memory only this process has, in bytes (proc_pid_smaps: Private_Clean + Private_Dirty). */
function privateMemory(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  let kibibytes = 0;
  for (const [, size] of text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm))
    kibibytes += Number(size);
  return kibibytes * 1024;
}

/** All renderers together: the page and its workers are one, and nothing else is open. */
async function readResources(session: CDPSession): Promise<Resources> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter((info) => info.type === 'renderer');
  return {
    memoryBytes: renderers.reduce((sum, info) => sum + privateMemory(info.id), 0),
    cpuMs: renderers.reduce((sum, info) => sum + info.cpuTime * 1000, 0),
  };
}

async function launch(): Promise<Browser> {
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: flags,
  });
}

export async function openChromium(): Promise<ChromiumHost> {
  const server = await serveBenches();
  const browser = await launch();
  const session = await browser.newBrowserCDPSession();
  return {
    async run(name) {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(0);
        page.on('pageerror', (error) => process.stderr.write(`${name}: ${error.message}\n`));
        await page.exposeFunction('readResources', () => readResources(session));
        await page.goto(server.url);
        await page.waitForFunction('window.runBench !== undefined');
        return await page.evaluate((bench) => window.runBench(bench), name);
      } finally {
        await context.close();
      }
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
