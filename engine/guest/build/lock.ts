import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fetchPackage, lockFile, type LockedPackage, type PackageLock } from './debian.ts';
import { guestFolder } from './folders.ts';
import { licencesOf } from './licences.ts';
import { BuildError, run } from './run.ts';

const wantedFile = path.join(guestFolder, 'rootfs', 'packages.json');
const architecture = 'i386';

/** Pins every package of `packages.json` to the newest version that apt knows. */
export async function updateLock(): Promise<void> {
  const wanted = JSON.parse(readFileSync(wantedFile, 'utf8')) as Record<string, readonly string[]>;
  const records = readRecords(Object.values(wanted).flat());
  const lock: Record<string, LockedPackage[]> = {};
  for (const [part, names] of Object.entries(wanted)) {
    const locked: LockedPackage[] = [];
    for (const name of names) locked.push(await pin(name, records));
    lock[part] = locked;
  }
  writeFileSync(lockFile, `${JSON.stringify(lock satisfies PackageLock, null, 2)}\n`);
}

async function pin(
  name: string,
  records: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Promise<LockedPackage> {
  const fields = records.get(`${name}:${architecture}`) ?? records.get(`${name}:all`);
  const field = (key: string): string => {
    const value = fields?.get(key);
    if (value === undefined)
      throw new BuildError(
        `apt knows no package ${name}: dpkg --add-architecture i386; apt-get update`,
      );
    return value;
  };
  const source = /^(\S+)(?: \((.*)\))?$/.exec(fields?.get('Source') ?? name);
  const locked = {
    package: name,
    version: field('Version'),
    architecture: field('Architecture'),
    sha256: field('SHA256'),
    size: Number(field('Size')),
    source: source?.[1] ?? name,
    // A rebuild without changes to the source (+b1) keeps the source's version.
    sourceVersion: source?.[2] ?? field('Version').replace(/\+b\d+$/, ''),
    licence: '',
  };
  return { ...locked, licence: (await licencesOf(fetchPackage(locked), name)).join(', ') };
}

/** What apt says about the packages: `name:architecture` → fields. */
function readRecords(names: readonly string[]): Map<string, Map<string, string>> {
  const queries = names.flatMap((name) => [`${name}:${architecture}`, name]);
  const text = run('apt-cache', ['show', '--no-all-versions', ...queries]).toString();
  const records = new Map<string, Map<string, string>>();
  for (const stanza of text.split('\n\n')) {
    const fields = parseControl(stanza);
    const key = `${fields.get('Package')}:${fields.get('Architecture')}`;
    if (!records.has(key)) records.set(key, fields);
  }
  return records;
}

function parseControl(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const match of text.matchAll(/^([A-Za-z0-9-]+): (.*)$/gm)) {
    if (match[1] !== undefined && !fields.has(match[1])) fields.set(match[1], match[2] ?? '');
  }
  return fields;
}
