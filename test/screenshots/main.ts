/** Takes the pictures of docs/screenshots: each scene, light and dark, wide and narrow. Names given leave out the others. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openApp } from '../harness/app.ts';
import { scenes } from './scenes.ts';
import { smallPng } from './small-png.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/screenshots');
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const;

const wanted = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const app = await openApp();
const page = await app.open();
try {
  for (const { name, prepare, show, leave } of scenes) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await page.setViewportSize(sizes[0]);
    await prepare(page);
    for (const size of sizes) {
      await page.setViewportSize(size);
      await show?.(page, size.width < 768);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const file = `${name}-${size.width}-${colorScheme}.png`;
        const png = smallPng(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
        await writeFile(path.join(folder, file), png);
        process.stdout.write(`${file}: ${Math.round(png.length / 1000)} KB\n`);
      }
    }
    await leave?.(page);
  }
} finally {
  await app.close();
}
process.exit(0);
