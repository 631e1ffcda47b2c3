import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { firstPage, launchChromium, rendererResources } from '../harness/chromium.ts';
import { inAnotherTab, waitForScreen } from '../harness/shell.ts';
import { browserEmulator } from '../../engine/cluster/browser-emulator.node.ts';
import { measure, type AppMeasure } from './app-measures.ts';
import type { Sample } from './bench.ts';

const root = path.resolve(import.meta.dirname, '../..');
const outDir = path.join(root, 'build/bench');
/** Milliseconds; a first visit takes seconds. */
const SCREEN_DEADLINE = 90_000;

/** A Chromium of its own for every bench or group of them. */
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
    plugins: [browserEmulator],
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'chrome123', assetsInlineLimit: 0 },
  });
  return serveDirectory(outDir);
}

/** The built app on a server and in a browser of its own, with an empty cache. */
async function withApp<T>(
  work: (server: Server, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const { buildApp } = (await import(path.join(root, 'scripts/app.mjs'))) as {
    buildApp(): Promise<void>;
  };
  await buildApp();
  const server = await serveDirectory(path.join(root, 'build/web'));
  const context = await launchChromium();
  try {
    return await work(server, context);
  } finally {
    await context.close();
    server.close();
  }
}

async function openShell(server: Server, page: Page): Promise<void> {
  await page.goto(server.url);
  await waitForScreen(page, /# *$/m, { timeout: SCREEN_DEADLINE });
}

/** Of a first visit to the app. */
function countBytes(goal: 'shell' | 'docker'): Promise<number> {
  return withApp(async (server, context) => {
    const page = firstPage(context);
    await openShell(server, page);
    if (goal === 'docker') {
      await page.locator('.xterm-helper-textarea:visible').focus();
      await page.keyboard.type('until docker ps; do sleep 0.2; done\n');
      await waitForScreen(page, /^CONTAINER ID/m, { timeout: SCREEN_DEADLINE });
    }
    return server.sentBytes();
  });
}

function visitApp(kind: 'first' | 'again'): Promise<number> {
  return withApp(async (server, context) => {
    const visit = async (page: Page): Promise<void> => {
      await openShell(server, page);
      await page.getByText('Docker is ready').waitFor({ timeout: SCREEN_DEADLINE });
    };
    let page = firstPage(context);
    if (kind === 'again') {
      await visit(page);
      page = await inAnotherTab(page);
    }
    const began = performance.now();
    await visit(page);
    return performance.now() - began;
  });
}

export async function openChromium(): Promise<ChromiumHost> {
  const server = await serveBenches();
  const contexts = new Set<BrowserContext>();
  const open = async (name: string): Promise<Page> => {
    const context = await launchChromium();
    contexts.add(context);
    context.once('close', () => contexts.delete(context));
    const page = firstPage(context);
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => process.stderr.write(`${name}: ${error.message}\n`));
    await page.exposeFunction('readResources', () => rendererResources(context));
    await page.exposeFunction('countBytes', countBytes);
    await page.exposeFunction('visitApp', visitApp);
    await page.exposeFunction('measureInApp', (what: AppMeasure) =>
      withApp(async (app, ownContext) => {
        const ownPage = firstPage(ownContext);
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
      await Promise.all([...contexts].map((context) => context.close()));
      server.close();
    },
  };
}
