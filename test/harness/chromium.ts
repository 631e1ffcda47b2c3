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
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter((info) => info.type === 'renderer');
    return {
      memoryBytes: renderers.reduce((sum, info) => sum + privateMemory(info.id), 0),
      cpuMs: renderers.reduce((sum, info) => sum + info.cpuTime * 1000, 0),
    };
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
