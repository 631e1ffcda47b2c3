import type { Page } from 'playwright-core';

/** Makes the page as narrow as a telephone, looks at it, and makes it as wide as it was. */
export async function throughNarrow(page: Page, look: () => Promise<unknown>): Promise<void> {
  const before = page.viewportSize();
  if (before === null) throw new Error('This page has no size of its own.');
  const panes = page.getByRole('navigation', { name: 'Panes' });
  await page.setViewportSize({ width: 390, height: 844 });
  await panes.waitFor();
  await look();
  await page.setViewportSize(before);
  await panes.waitFor({ state: 'detached' });
}
