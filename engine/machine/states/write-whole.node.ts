import { rename, writeFile } from 'node:fs/promises';

/** Whoever reads the file meets it as it was before or as it is now, never a part. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}
