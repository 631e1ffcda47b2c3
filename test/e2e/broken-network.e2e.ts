/** A connection that breaks: half-way through a download, and after the machine has started. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { focusTerminal, run, waitForScreen, waitForShell } from '../harness/shell.ts';

const states = path.resolve(import.meta.dirname, '../../build/states');
const { size } = JSON.parse(readFileSync(path.join(states, 'docker.json'), 'utf8')) as {
  size: number;
};
/** Bytes of the first answer that arrive. */
const CUT = 3_000_000;

/** what the network does to paths that match */
let broken: { readonly paths: RegExp; allowed: number } | undefined;
/** `Range` of each request for the machine's state, and the bytes that were sent in answer */
const requests: { range: string; sent: number }[] = [];

let app: App;
beforeAll(async () => {
  app = await openApp({
    through: (handler) => (request, response) => {
      const url = request.url ?? '';
      const entry = { range: request.headers.range ?? '', sent: 0 };
      if (/^\/states\/.*zst$/.test(url)) requests.push(entry);
      const breaks = broken?.paths.test(url) === true;
      if (breaks && (broken?.allowed ?? 0) === 0) {
        response.destroy();
        return;
      }
      const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
      response.write = ((chunk: Uint8Array) => {
        const left = breaks ? (broken?.allowed ?? 0) - entry.sent : chunk.length;
        entry.sent += Math.min(left, chunk.length);
        if (left >= chunk.length) return write(chunk);
        broken = broken && { ...broken, allowed: 0 };
        write(chunk.subarray(0, left));
        // What was written goes out first.
        setImmediate(() => response.destroy());
        return false;
      }) as typeof response.write;
      handler(request, response);
    },
  });
});

afterAll(() => app.close());

describe('a broken network', () => {
  test('a download that was cut goes on where it stopped when one tries again', async () => {
    broken = { paths: /^\/states\/.*zst$/, allowed: CUT };
    const page = await app.open();
    const card = page.getByRole('alert');
    await card.waitFor();
    expect(await card.textContent()).toMatch(/download stopped half-way/);
    broken = undefined;
    requests.length = 0;
    await card.getByRole('button', { name: 'Try again' }).click();
    await waitForShell(page);
    await focusTerminal(page);
    expect(await run(page, 'echo whole')).toBe('whole');
    expect(requests).toHaveLength(1);
    const from = Number(/^bytes=(\d+)-$/.exec(requests[0]?.range ?? '')?.[1]);
    // What was on its way when the connection broke, a browser may throw away.
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(CUT);
    expect(requests[0]?.sent).toBe(size - from);
    await page.context().close();
  });

  test('a program that needs a part of the disk waits for it, and says so', async () => {
    const page = await app.open();
    await waitForShell(page);
    await focusTerminal(page);
    broken = { paths: /^\/guest\/.*\.zst$/, allowed: 0 };
    await page.keyboard.type('clear; tcpdump --version | head -n 1\n');
    const notice = page.getByRole('alert').filter({ hasText: 'waits for a part of its disk' });
    await notice.waitFor();
    // At once: the page tries again by itself, too, and then there is no button any more.
    const tryNow = await notice.getByRole('button', { name: 'Try now' }).elementHandle();
    broken = undefined;
    await tryNow?.evaluate((button: HTMLButtonElement) => button.click());
    await waitForScreen(page, /^tcpdump version 4/m);
    await notice.waitFor({ state: 'detached' });
    await page.context().close();
  });
});
