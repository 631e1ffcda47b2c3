/** `main.ts build DIRECTORY` · `main.ts lock` */
import { buildImages, updateLock } from './build-images.ts';

const [command, directory] = process.argv.slice(2);
if (command === 'lock') {
  await updateLock();
} else if (command === 'build' && directory) {
  const inputs = await buildImages(directory);
  console.log(`images in ${directory}, from ${Object.keys(inputs).length} inputs`);
} else {
  console.error('usage: main.ts build DIRECTORY | lock');
  process.exitCode = 2;
}
