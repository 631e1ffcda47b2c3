import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { launchChromium, rendererResources } from '../harness/chromium.ts';
import { waitForScreen } from '../harness/shell.ts';
import { measure, type AppMeasure } from './app-measures.ts';
import type { Sample } from './bench.ts';

const root = path.resolve(import.meta.dirname, '../..');
const outDir = path.join(root, 'build/bench');
/** Milliseconds; a first visit takes seconds. */
const SCREEN_DEADLINE = 90_000;

/** A page of its own for every bench or group of them, in one Chromium. */
export interface ChromiumHost {
  /** @param group of benches that share a page, if it belongs to one */
  run(name: string, group?: string): Promise<readonly Sample[]>;
  /** Ends the page that a group shares. */
  leave(group: string): Promise<void>;
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

/** The built app on a server and in a browser context of its own, with an empty cache. */
async function withApp<T>(
  browser: Browser,
  work: (server: Server, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const { buildApp } = (await import(path.join(root, 'scripts/app.mjs'))) as {
    buildApp(): Promise<void>;
  };
  await buildApp();
  const server = await serveDirectory(path.join(root, 'build/web'));
  const context = await browser.newContext();
  try {
    return await work(server, context);
  } finally {
    await context.close();
    server.close();
  }
}

async function openShell(server: Server, context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.url);
  await waitForScreen(page, /# *$/m, { timeout: SCREEN_DEADLINE });
  return page;
}

/** Of a first visit to the app. */
function countBytes(browser: Browser, goal: 'shell' | 'docker'): Promise<number> {
  return withApp(browser, async (server, context) => {
    const page = await openShell(server, context);
    if (goal === 'docker') {
      await page.locator('.xterm-helper-textarea:visible').focus();
      await page.keyboard.type('until docker ps; do sleep 0.2; done\n');
      await waitForScreen(page, /^CONTAINER ID/m, { timeout: SCREEN_DEADLINE });
    }
    return server.sentBytes();
  });
}

function visitApp(browser: Browser, kind: 'first' | 'again'): Promise<number> {
  return withApp(browser, async (server, context) => {
    const visit = async (): Promise<Page> => {
      const page = await openShell(server, context);
      await page.getByText('Docker is ready').waitFor({ timeout: SCREEN_DEADLINE });
      return page;
    };
    if (kind === 'again') await (await visit()).close();
    const began = performance.now();
    await visit();
    return performance.now() - began;
  });
}

export async function openChromium(): Promise<ChromiumHost> {
  const server = await serveBenches();
  const browser = await launchChromium();
  const open = async (name: string): Promise<Page> => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => process.stderr.write(`${name}: ${error.message}\n`));
    await page.exposeFunction('readResources', () => rendererResources(browser));
    await page.exposeFunction('countBytes', (goal: 'shell' | 'docker') =>
      countBytes(browser, goal),
    );
    await page.exposeFunction('visitApp', (kind: 'first' | 'again') => visitApp(browser, kind));
    await page.exposeFunction('measureInApp', (what: AppMeasure) =>
      withApp(browser, async (app, ownContext) => {
        const ownPage = await ownContext.newPage();
        await ownPage.goto(`${app.url}#/lab`);
        return measure(what, ownPage);
      }),
    );
    await page.goto(server.url);
    await page.waitForFunction('window.runBench !== undefined');
    return page;
  };
  /** by group */
  const shared = new Map<string, Page>();
  return {
    async run(name, group) {
      const page = shared.get(group ?? '') ?? (await open(group ?? name));
      if (group !== undefined) shared.set(group, page);
      try {
        return await page.evaluate((bench) => window.runBench(bench), name);
      } finally {
        if (group === undefined) await page.context().close();
      }
    },
    async leave(group) {
      await shared.get(group)?.context().close();
      shared.delete(group);
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
