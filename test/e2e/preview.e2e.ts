import { readFile } from 'node:fs/promises';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { rendererResources } from '../harness/chromium.ts';
import { isNight } from '../harness/night.ts';
import { runFocused, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

/** A site that shows what a browser sends, redirects, sets cookies and answers slowly. */
const configuration = `
server {
  listen 80;
  client_max_body_size 64m;
  root /usr/share/nginx/html;
  location = /echo { default_type text/plain; return 200 "$request_method|$http_host|$content_type|$content_length|$http_cookie|$http_origin|$http_referer"; }
  location = /moved { return 302 /second.html?moved; }
  location = /other { return 302 http://localhost:8080/second.html; }
  location = /login { add_header Set-Cookie "sid=1; HttpOnly; Path=/"; add_header Set-Cookie "seen=yes; Path=/"; add_header X-Frame-Options DENY; default_type text/html; return 200 "<title>in</title>"; }
  location = /open { add_header Access-Control-Allow-Origin *; default_type text/plain; return 200 open; }
  location = /big.bin { limit_rate 0; add_header Content-Disposition attachment; }
}
`;
const pages: Record<string, string> = {
  'index.html':
    '<title>First</title><h1>First</h1><a href="/second.html">next</a> <a id="out" href="https://nginx.org/">out</a> <a id="other" href="http://localhost:8080/">other</a><form method="post" action="/echo" enctype="multipart/form-data"><input name="text" value="é"><input type="file" name="file"><button>Send</button></form><link rel="stylesheet" href="/style.css"><script src="/script.js"></script>',
  'second.html': '<title>Second</title><h1>Second</h1>',
  'style.css': 'h1 { color: rgb(1, 2, 3) }',
  'script.js': 'document.body.dataset.script = "ran"',
};

const shell = (command: string) => runFocused(page, command);

/** The frame that shows a page of this port. */
async function frameOf(port: number): Promise<Frame> {
  const find = () =>
    page.frames().find((frame) => {
      const { host, pathname } = new URL(frame.url() === '' ? 'about:blank' : frame.url());
      return host.includes(`-${port}.`) && !pathname.startsWith('/.drydock/');
    });
  await expect.poll(() => find() !== undefined).toBe(true);
  const frame = find();
  if (!frame) throw new Error(`No frame shows port ${port}`);
  return frame;
}

const address = () => page.getByRole('textbox', { name: 'Address' }).locator('visible=true');

async function go(to: string): Promise<void> {
  await address().fill(to);
  await address().press('Enter');
}

async function shows(expected: string): Promise<void> {
  await expect.poll(() => address().inputValue()).toBe(expected);
}

/** Bytes of all threads of the page, without their garbage. */
async function memory(): Promise<number> {
  const collect = () => (globalThis as unknown as { gc(): void }).gc();
  await Promise.allSettled([
    page.mainFrame().evaluate(collect),
    ...[...page.workers(), ...page.context().serviceWorkers()].map((thread) =>
      thread.evaluate(collect),
    ),
  ]);
  return (await rendererResources(page.context())).memoryBytes;
}

beforeAll(async () => {
  app = await openApp({ flags: ['--js-flags=--expose-gc'] });
  page = await app.open();
  await waitForShell(page);
  const write = (name: string, text: string) =>
    `echo ${Buffer.from(text).toString('base64')} | base64 -d > ${name}`;
  await shell(`mkdir -p site; cd site; ${write('default.conf', configuration)}`);
  for (const [name, text] of Object.entries(pages)) await shell(write(name, text));
  await shell(
    `printf 'FROM nginx\\nCOPY default.conf /etc/nginx/conf.d/default.conf\\nCOPY *.html *.css *.js /usr/share/nginx/html/\\n' > Dockerfile; docker build -t site .`,
  );
  await shell('docker run -d --name one -p 80:80 site');
});

afterAll(() => app.close());

describe('a published port', () => {
  test('appears by itself with its page, styles and scripts', async () => {
    await page.getByRole('tab', { name: /^:80\b/ }).waitFor();
    const frame = await frameOf(80);
    await expect.poll(() => frame.title()).toBe('First');
    await expect.poll(() => frame.evaluate(() => document.body.dataset['script'])).toBe('ran');
    expect(
      await frame.evaluate(
        () => getComputedStyle(document.querySelector('h1') ?? document.body).color,
      ),
    ).toBe('rgb(1, 2, 3)');
    await shows('http://localhost:80/');
  });

  test('can be walked through: links, history, address bar, redirects', async () => {
    const frame = await frameOf(80);
    await frame.click('text=next');
    await shows('http://localhost:80/second.html');
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await shows('http://localhost:80/');
    await page.getByRole('button', { name: 'Forward', exact: true }).click();
    await shows('http://localhost:80/second.html');
    await go('/moved');
    await shows('http://localhost:80/second.html?moved');
    await go('https://example.org/');
    await expect.poll(() => address().getAttribute('aria-invalid')).toBe('true');
    await go('/');
    await shows('http://localhost:80/');
  });

  test('receives forms with files as a browser sends them', async () => {
    const frame = await frameOf(80);
    await frame.setInputFiles('input[type=file]', {
      name: 'a.txt',
      mimeType: 'text/plain',
      buffer: Buffer.alloc(200_000, 'x'),
    });
    await frame.click('text=Send');
    await expect
      .poll(() => frame.textContent('body'))
      .toMatch(
        /^POST\|localhost\|multipart\/form-data; boundary=[^|]+\|200\d{3}\|[^|]*\|http:\/\/localhost\|http:\/\/localhost\/$/,
      );
  });

  test('keeps its cookies, and shows scripts those it may see', async () => {
    await go('/login');
    const frame = await frameOf(80);
    await expect.poll(() => frame.title()).toBe('in');
    await frame.evaluate(() => {
      document.cookie = 'mine=1';
    });
    expect(await frame.evaluate(() => document.cookie)).toBe('seen=yes; mine=1');
    const sent = () =>
      frame.evaluate(async () => (await (await fetch('/echo')).text()).split('|')[4]);
    await expect.poll(sent).toBe('sid=1; seen=yes; mine=1');
  });

  test.each(isNight ? [100] : [])(
    'sends %i MB at its own pace, which neither page nor worker keeps',
    async (megabytes) => {
      const size = megabytes * 1024 * 1024;
      const file = '/usr/share/nginx/html/big.bin';
      // Read once before, for the machine keeps files in its memory, which the page's memory grows by.
      await shell(
        `docker exec one sh -c "truncate -s ${size - 4} ${file} && printf last >> ${file} && cat ${file} > /dev/null"; echo made`,
      );
      const frame = await frameOf(80);
      const before = await memory();
      const sizes: number[] = [];
      const began = performance.now();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        frame.evaluate(() => {
          location.href = '/big.bin';
        }),
      ]);
      const finished = download.path();
      let done = false;
      const stop = () => (done = true);
      void finished.then(stop, stop);
      while (!done) {
        sizes.push((await memory()) - before);
        await page.waitForTimeout(100);
      }
      const seconds = (performance.now() - began) / 1000;
      const bytes = await readFile(await finished);
      expect(bytes.length).toBe(size);
      expect(bytes.subarray(-4).toString()).toBe('last');
      process.stdout.write(
        `${megabytes} MB in ${seconds.toFixed(1)} s, MB more memory meanwhile: ${sizes.map((size) => Math.round(size / 1e6)).join(' ')}\n`,
      );
      // Buffers on the way take some tens of MB; each thread that keeps what passes would add all of it.
      expect(Math.max(...sizes)).toBeLessThan(150e6);
    },
  );
});

test('the browser asks before a page with running containers is left, while something is not saved', async () => {
  await shell('touch unsaved');
  const asking = page.waitForEvent('dialog');
  await page.close({ runBeforeUnload: true });
  const question = await asking;
  expect(question.type()).toBe('beforeunload');
  await question.dismiss();
  expect(await shell('docker ps -q | wc -l')).toBe('1');
});

describe('two ports', () => {
  test('each have a tab; links, redirects and fetch lead from one to the other', async () => {
    await shell('docker run -d --name two -p 8080:80 site');
    await page.getByRole('tab', { name: /^:8080\b/ }).waitFor();
    await go('/other');
    await shows('http://localhost:8080/second.html');
    await go('http://localhost:80/');
    await shows('http://localhost:80/');
    const frame = await frameOf(80);
    await expect.poll(() => frame.title()).toBe('First');
    const answers = await frame.evaluate(() =>
      Promise.all(
        ['/open', '/echo'].map((path) =>
          fetch(`http://localhost:8080${path}`).then(
            (response) => response.text(),
            () => 'blocked by CORS',
          ),
        ),
      ),
    );
    expect(answers).toEqual(['open', 'blocked by CORS']);
  });

  test('a container that stops leaves a sentence, and its page comes back with it', async () => {
    await shell('docker stop two; docker rm -f one');
    await page.getByText('No container publishes port 80 at the moment').waitFor();
    await page.getByRole('button', { name: 'Reload the page' }).locator('visible=true').click();
    await expect.poll(async () => (await frameOf(80)).title()).toBe('Nothing answers on port 80');
    const waiting = page.getByText('Waiting for a program to answer on port 80');
    // Shown for eight seconds from when the port is published; the command may end later.
    await Promise.all([
      waiting.waitFor().then(() => waiting.waitFor({ state: 'detached' })),
      shell('docker run -d --name three -p 80:80 site sleep 1000'),
    ]);
    await shell('docker rm -f three; docker run -d --name three -p 80:80 site');
    await expect.poll(async () => (await frameOf(80)).title()).toBe('First');
  });
});

describe('a learner’s page', () => {
  test('reaches neither the app nor its storage, and cannot lead it away', async () => {
    const frame = await frameOf(80);
    const attempts = await frame.evaluate(() => {
      const attempt = (action: () => unknown) => {
        try {
          action();
          return 'worked';
        } catch (error) {
          return (error as Error).name;
        }
      };
      return {
        document: attempt(() => window.parent.document.title),
        storage: attempt(() => window.parent.localStorage.length),
        leave: attempt(() => {
          (window.top ?? window).location.href = 'about:blank';
        }),
      };
    });
    expect(attempts).toEqual({
      document: 'SecurityError',
      storage: 'SecurityError',
      leave: 'SecurityError',
    });
    expect(new URL(frame.url()).origin).not.toBe(new URL(page.url()).origin);
    expect(await frame.evaluate(() => localStorage.length)).toBe(0);
  });

  test('survives that the browser stops its worker', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    const frame = await frameOf(80);
    expect(await frame.evaluate(async () => (await fetch('/open')).text())).toBe('open');
  });

  test('opens in a browser tab of its own', async () => {
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('button', { name: 'Open in a new tab' }).locator('visible=true').click(),
    ]);
    await expect.poll(() => tab.title()).toBe('First');
    await tab.close();
  });

  test('that never ends leaves the lab working, and a reload helps', async () => {
    const frame = await frameOf(80);
    const hung = new URL(frame.url()).host;
    void frame
      .evaluate(() => {
        setTimeout(() => {
          for (;;);
        });
      })
      .catch(() => {});
    expect(await shell('echo alive')).toBe('alive');
    await page.getByRole('button', { name: 'Reload the page' }).locator('visible=true').click();
    // The page comes back from another origin, for the first one's thread is lost.
    const host = (other: Frame) =>
      /^https?:\/\/([^/]+)\/(?!\.drydock\/)/.exec(other.url())?.[1] ?? '';
    const fresh = () =>
      page.frames().find((other) => host(other).includes('-80.') && host(other) !== hung);
    await expect.poll(async () => fresh()?.title()).toBe('First');
    expect(host(fresh() ?? frame)).toMatch(/r\d+\.preview\./);
  });
});
