import { readFileSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { PATIENCE } from './shell.ts';

/** Headless Chromium (`CHROMIUM_PATH`) that asks nothing of the network by itself. */
export function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    timeout: PATIENCE,
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
}

/** What processes use. */
export interface Resources {
  /** bytes that only they occupy */
  readonly memoryBytes: number;
  /** processor time so far, in milliseconds */
  readonly cpuMs: number;
}

/** All renderers together, each with a page and its workers. */
export async function rendererResources(browser: Browser): Promise<Resources> {
  const renderers = await eachRenderer(browser);
  return {
    memoryBytes: renderers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    cpuMs: renderers.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
}

/** The renderer with the most memory: that of a page with machines, among pages without. */
export async function largestRenderer(browser: Browser): Promise<Resources> {
  const [largest] = (await eachRenderer(browser)).toSorted((a, b) => b.memoryBytes - a.memoryBytes);
  if (largest === undefined) throw new Error('This browser shows no page.');
  return largest;
}

async function eachRenderer(browser: Browser): Promise<readonly Resources[]> {
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo
      .filter(({ type }) => type === 'renderer')
      .map(({ id, cpuTime }) => ({ memoryBytes: privateMemory(id), cpuMs: cpuTime * 1000 }));
  } finally {
    await session.detach();
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
