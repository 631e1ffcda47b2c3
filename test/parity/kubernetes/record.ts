/**
 * `npm run parity:record:kubernetes [-- NAME…]`: runs the commands of the transcripts against the real
 * kube-apiserver and writes down what was printed.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kubernetesTools } from './kubernetes-tools.ts';
import { runTranscript } from './run-transcript.ts';
import { formatTranscript, parseTranscript } from './transcript.ts';
import { buildUpstream, startUpstream } from './upstream-server.ts';

const folder = path.join(import.meta.dirname, 'transcripts');
const wanted = process.argv.slice(2);

buildUpstream();
const tools = await kubernetesTools();
for (const name of (await readdir(folder)).sort()) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const server = await startUpstream();
  try {
    const file = path.join(folder, name);
    const transcript = parseTranscript(await readFile(file, 'utf8'));
    await writeFile(file, formatTranscript(await runTranscript(transcript, { ...server, tools })));
    console.log(`recorded ${name}`);
  } finally {
    await server.stop();
  }
}
