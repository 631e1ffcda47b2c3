import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { licencesIn } from './licences.ts';
import { run } from './run.ts';

export interface GoModule {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** A licence says what it is at its beginning; further down, the Mozilla licence names others. */
const headingLength = 1200;

/** The modules of other people that are in a Go program. `folder` is that of its own module. */
export function modulesIn(program: string, folder: string): GoModule[] {
  const listing = run('go', ['version', '-m', program]).toString();
  return [...listing.matchAll(/^\tdep\t(\S+)\t(\S+)/gm)].map(([, name = '', version = '']) => {
    const source = run('go', ['list', '-m', '-f', '{{.Dir}}', name], { cwd: folder }).toString();
    return { name, version, licence: licenceOf(source.trim()) };
  });
}

function licenceOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^(licen[sc]e|copying)/i.test(name));
  if (file === undefined) return 'none named';
  const text = readFileSync(path.join(folder, file), 'utf8');
  return licencesIn(text.slice(0, headingLength)).join(', ');
}
