import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { PATIENCE } from './shell.ts';

export interface WindowOptions {
  /** pixels */
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** more of Chromium's */
  readonly flags?: readonly string[];
}

/**
 * Headless Chromium (`CHROMIUM_PATH`) with a fresh profile on the disk, that asks nothing of the network by itself. A context beside
 * others is a private window, whose private file system is memory of another process: slower than what learners have.
 */
export async function launchChromium({
  width = 1280,
  height = 800,
  colorScheme = 'light',
  flags = [],
}: WindowOptions = {}): Promise<BrowserContext> {
  const profile = await mkdtemp(path.join(tmpdir(), 'drydock-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    timeout: PATIENCE,
    viewport: { width, height },
    colorScheme,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...flags,
    ],
  });
  context.setDefaultTimeout(PATIENCE);
  // Its last processes may still write there for a moment. What they leave is in the folder for what is temporary.
  const removal = { recursive: true, force: true, maxRetries: 10 };
  context.once('close', () => void rm(profile, removal).catch(() => {}));
  return context;
}

/** What processes use. */
export interface Resources {
  /** bytes that only they occupy */
  readonly memoryBytes: number;
  /** processor time so far, in milliseconds */
  readonly cpuMs: number;
}

/** The page it opens with. */
export function firstPage(context: BrowserContext): Page {
  const [page] = context.pages();
  if (page === undefined) throw new Error('Chromium opened no page.');
  return page;
}

/** All renderers together, each with a page and its workers. */
export async function rendererResources(context: BrowserContext): Promise<Resources> {
  const renderers = await eachRenderer(context);
  return {
    memoryBytes: renderers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    cpuMs: renderers.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
}

/** The renderer with the most memory: that of a page with machines, among pages without. */
export async function largestRenderer(context: BrowserContext): Promise<Resources> {
  const [largest] = (await eachRenderer(context)).toSorted((a, b) => b.memoryBytes - a.memoryBytes);
  if (largest === undefined) throw new Error('This browser shows no page.');
  return largest;
}

async function eachRenderer(context: BrowserContext): Promise<readonly Resources[]> {
  const session = await browserOf(context).newBrowserCDPSession();
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo
      .filter(({ type }) => type === 'renderer')
      .map(({ id, cpuTime }) => ({ memoryBytes: privateMemory(id), cpuMs: cpuTime * 1000 }));
  } finally {
    await session.detach();
  }
}

function browserOf(context: BrowserContext): Browser {
  const browser = context.browser();
  if (browser === null) throw new Error('This browser cannot be asked.');
  return browser;
}

/** Memory only this process has, in bytes (proc_pid_smaps: Private_Clean + Private_Dirty). */
function privateMemory(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  let kibibytes = 0;
  for (const [, size] of text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm))
    kibibytes += Number(size);
  return kibibytes * 1024;
}
