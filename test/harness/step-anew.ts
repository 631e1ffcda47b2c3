import type { Locator, Page } from 'playwright-core';

/**
 * Waits until the start of the step that a lesson shows is saved.
 * @returns asks to begin the step anew from there, and resolves to the button that does it
 */
export async function savedStart(page: Page, lesson: Locator): Promise<() => Promise<Locator>> {
  const menu = lesson.getByRole('button', { name: 'Lesson menu' });
  const anew = page.getByRole('menuitem', { name: 'Begin this step anew' });
  await menu.click();
  // Until its start is saved it cannot be clicked.
  await anew.click({ trial: true });
  await page.keyboard.press('Escape');
  return async () => {
    await menu.click();
    await anew.click();
    return page.getByRole('dialog').getByRole('button', { name: 'Begin anew' });
  };
}
