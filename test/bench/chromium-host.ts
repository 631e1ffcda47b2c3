import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { build } from 'vite';
import type { Resources, Sample } from './bench.ts';

const root = path.resolve(import.meta.dirname, '../..');
const outDir = path.join(root, 'build/bench');
/** Milliseconds; a first visit takes seconds. */
const SCREEN_DEADLINE = 90_000;

/** A page of its own for every bench, in one Chromium. */
export interface ChromiumHost {
  run(name: string): Promise<readonly Sample[]>;
  close(): Promise<void>;
}

interface Server {
  readonly url: string;
  /** sent to browsers so far, headers included */
  sentBytes(): number;
  close(): void;
}

/** The app's own server over another directory of pages. */
async function serveDirectory(web: string): Promise<Server> {
  const { appHandler } = (await import(path.join(root, 'scripts/serve.mjs'))) as {
    appHandler(directories: object): Parameters<typeof createServer>[1];
  };
  const directories = {
    web,
    guest: path.join(root, 'engine/guest/dist'),
    states: path.join(root, 'build/states'),
  };
  const server = createServer(appHandler(directories));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://drydock.localhost:${(server.address() as AddressInfo).port}/`,
    sentBytes: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0),
    close: () => server.close(),
  };
}

async function serveBenches(): Promise<Server> {
  await build({
    root: path.join(import.meta.dirname, 'browser'),
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'chrome123', assetsInlineLimit: 0 },
  });
  return serveDirectory(outDir);
}

/** Waits until the page's terminal shows the pattern. */
async function waitForScreen(page: Page, pattern: RegExp): Promise<void> {
  const deadline = Date.now() + SCREEN_DEADLINE;
  for (;;) {
    const rows = await page.locator('.xterm-rows:visible > div').allTextContents();
    if (pattern.test(rows.map((row) => row.replaceAll('\u00A0', ' ').trimEnd()).join('\n'))) return;
    if (Date.now() > deadline) throw new Error(`${String(pattern)} did not appear on the screen`);
    await page.waitForTimeout(50);
  }
}

/** First visit to the app, with an empty cache. */
async function countBytes(browser: Browser, goal: 'shell' | 'docker'): Promise<number> {
  const { buildApp } = (await import(path.join(root, 'scripts/app.mjs'))) as {
    buildApp(): Promise<void>;
  };
  await buildApp();
  const server = await serveDirectory(path.join(root, 'build/web'));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    await waitForScreen(page, /# *$/m);
    if (goal === 'docker') {
      await page.locator('.xterm-helper-textarea:visible').focus();
      await page.keyboard.type('until docker ps; do sleep 0.2; done\n');
      await waitForScreen(page, /^CONTAINER ID/m);
    }
    return server.sentBytes();
  } finally {
    await context.close();
    server.close();
  }
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
        await page.exposeFunction('countBytes', (goal: 'shell' | 'docker') =>
          countBytes(browser, goal),
        );
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
