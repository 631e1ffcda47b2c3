import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatTranscript, parseTranscript, type Transcript } from '../kubernetes/transcript.ts';

const folder = path.join(import.meta.dirname, 'transcripts');
const EXTENSION = '.txt';

/** Names of the corpus, without extension, in order. */
export function transcriptNames(): string[] {
  return readdirSync(folder)
    .toSorted()
    .map((file) => path.basename(file, EXTENSION));
}

export function readTranscript(name: string): Transcript {
  return parseTranscript(readFileSync(path.join(folder, `${name}${EXTENSION}`), 'utf8'));
}

export function writeTranscript(name: string, transcript: Transcript): void {
  writeFileSync(path.join(folder, `${name}${EXTENSION}`), formatTranscript(transcript));
}
