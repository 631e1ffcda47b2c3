/** The built app on a host that sends files and no headers of ours, below a path. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { focusTerminal, run, waitForShell } from '../harness/shell.ts';

/** where the app's folder is on the host */
const FOLDER = '/some/where/';

let app: App;
beforeAll(async () => {
  app = await openApp({
    through: (handler) => (request, response) => {
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((status: number, headers: Record<string, string> = {}) => {
        const { 'Content-Type': type = '', 'Content-Length': length = '', Location } = headers;
        return writeHead(status, {
          'Content-Type': type,
          ...(length === '' ? {} : { 'Content-Length': length }),
          ...(Location === undefined ? {} : { Location: new URL(FOLDER, Location).href }),
        });
      }) as typeof response.writeHead;
      // Nothing of the app is anywhere else.
      const { url = '' } = request;
      request.url = url.startsWith(FOLDER) ? `/${url.slice(FOLDER.length)}` : '/absent';
      // Without ranges and encodings, too.
      delete request.headers.range;
      delete request.headers['accept-encoding'];
      handler(request, response);
    },
  });
});
afterAll(() => app.close());

test('the page brings its policy along, and the machine works', async () => {
  const page = await app.blank();
  await page.goto(new URL(FOLDER, app.url).href);
  await waitForShell(page);
  await focusTerminal(page);
  expect(await run(page, 'echo works')).toBe('works');

  const refused = await page.evaluate(async () => {
    const found: string[] = [];
    addEventListener('securitypolicyviolation', (event) =>
      found.push(`${event.effectiveDirective} ${event.blockedURI}`),
    );
    // Not at once: what the driver runs itself may use eval.
    // oxlint-disable-next-line no-eval
    setTimeout(() => (0, eval)('1'));
    const script = document.createElement('script');
    script.textContent = 'document.title = "inline";';
    document.body.append(script);
    await fetch('http://127.0.0.1:9/').catch(() => {});
    const frame = document.createElement('iframe');
    frame.src = 'http://elsewhere.invalid/';
    document.body.append(frame);
    while (found.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    return found.toSorted();
  });
  expect(refused).toEqual([
    'connect-src http://127.0.0.1:9/',
    'frame-src http://elsewhere.invalid',
    'script-src eval',
    'script-src-elem inline',
  ]);
  expect(await page.title()).toBe('Drydock');
});
