import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/**
 * What axe finds wrong, in a form that a failing test prints well. Of the dark theme nothing but colours is looked
 * at: all else is as in the light one. @param scope selectors of the parts to look at; the whole page without
 */
export async function violations(page: Page, ...scope: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page });
    for (const selector of scope) axe.include(selector);
    if (colorScheme === 'dark') axe.withRules(['color-contrast']);
    const results = await axe.analyze();
    for (const { id, nodes } of results.violations) {
      for (const { target, failureSummary } of nodes) {
        found.push(`${colorScheme} ${id} ${target.join(' ')}: ${failureSummary}`);
      }
    }
  }
  return found;
}
