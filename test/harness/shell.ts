import type { Page } from 'playwright-core';

/** What may take long on a busy computer is waited for, in milliseconds: a guard against hanging, not a measure. */
export const PATIENCE = 240_000;

/** Text of a visible terminal, one line a row, without trailing blanks. `index` counts visible terminals. */
export async function screen(page: Page, index = 0): Promise<string> {
  const rows = await page
    .locator('.xterm-rows:visible')
    .nth(index)
    .locator('> div')
    .allTextContents();
  return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n');
}

/** Waits until a visible terminal shows `pattern`; fails with what it showed instead. */
export async function waitForScreen(
  page: Page,
  pattern: RegExp,
  { timeout = PATIENCE, index = 0 } = {},
): Promise<RegExpExecArray> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const text = await screen(page, index).catch(() => '');
    const match = pattern.exec(text);
    if (match) return match;
    if (Date.now() > deadline) throw new Error(`${pattern} did not appear in:\n${text}`);
    await page.waitForTimeout(50);
  }
}

/** Waits for the first prompt of the page's first shell. */
export async function waitForShell(page: Page): Promise<void> {
  await waitForScreen(page, /root@drydock:.*# *$/m);
}

/** Closes a tab and gives an empty one. Chromium ends with the last, so the new one comes first. */
export async function inAnotherTab(page: Page): Promise<Page> {
  const next = await page.context().newPage();
  await page.close();
  return next;
}

/** Closes the tab, and opens another one in the same browser, at home, with its first shell. */
export async function openAnew(page: Page): Promise<Page> {
  const { origin, pathname } = new URL(page.url());
  const next = await inAnotherTab(page);
  await next.goto(origin + pathname);
  await waitForShell(next);
  return next;
}

/** Does what makes the machine start anew, and waits for its first shell. Noted by the page itself, for a start may be over before one looks: a function
 * without named ones in it, as the compiler that runs benches knows their names. */
export async function throughStart(page: Page, act: () => Promise<void>): Promise<void> {
  const over = await page.evaluateHandle((patience) => {
    const started = new Promise<void>((resolve, reject) => {
      let began = false;
      setTimeout(
        () =>
          reject(new Error(began ? 'The start did not end.' : 'The machine did not start anew.')),
        patience,
      );
      const observer = new MutationObserver(() => {
        const isStarting = [...document.querySelectorAll('h2')].some(
          ({ textContent }) => textContent === 'Starting your machine',
        );
        began ||= isStarting;
        if (!began || isStarting) return;
        observer.disconnect();
        resolve();
      });
      observer.observe(document.body, { childList: true, subtree: true });
    });
    // Only who waits for it is to hear of a failure.
    started.catch(() => {});
    return { started };
  }, 2 * PATIENCE);
  await act();
  await over.evaluate(({ started }) => started);
  await over.dispose();
  await waitForShell(page);
}

/** Types a command and waits for its end; resolves to the lines it printed. The screen is cleared first. */
export async function run(page: Page, command: string, { index = 0 } = {}): Promise<string> {
  const mark = `end-${Math.random().toString(36).slice(2, 8)}`;
  // The mark is split in what is typed, so that only its output matches. What is printed may lack its last line end.
  const end = `"${mark.slice(0, 4)}""${mark.slice(4)}"`;
  await page.keyboard.type(`clear; ${command}; printf '\\n%s %s\\n' ${end} $?\n`);
  const [, printed = ''] = await waitForScreen(
    page,
    new RegExp(`^([\\s\\S]*?)^${mark} \\d+$`, 'm'),
    { index },
  );
  return printed.trim();
}

/** `run` in the first terminal, wherever the focus is. */
export async function runFocused(page: Page, command: string): Promise<string> {
  await focusTerminal(page);
  return run(page, command);
}

export async function focusTerminal(page: Page, index = 0): Promise<void> {
  await page.locator('.xterm-helper-textarea:visible').nth(index).focus();
}
