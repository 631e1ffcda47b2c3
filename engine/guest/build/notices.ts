import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryFolder } from './folders.ts';
import type { Manifest } from './manifest.ts';

const introduction = `# Third-party notices

Every program of other people that runs inside a Drydock machine, from the build's manifest
(\`engine/guest/dist/manifest.json\`). All but Drydock's own agent and the Go modules, whose
name is where their source is, come from Debian 12; each package's full copyright file is in the machine under \`/usr/share/doc\`, and its source is
\`apt-get source PACKAGE=VERSION\` or <https://snapshot.debian.org>. npm packages
carry their licences in \`node_modules\`.

| package | version | source package | licences |
| --- | --- | --- | --- |
`;

/** Writes THIRD_PARTY_NOTICES.md. */
export function writeNotices(manifest: Manifest): void {
  const rows = manifest.sources.map(
    ({ package: name, version, source, sourceVersion, licence }) => {
      const origin = sourceVersion === version ? source : `${source} ${sourceVersion}`;
      return `| ${name} | ${version} | ${origin} | ${licence.replaceAll('|', '\\|')} |`;
    },
  );
  writeFileSync(
    path.join(repositoryFolder, 'THIRD_PARTY_NOTICES.md'),
    `${introduction}${rows.join('\n')}\n`,
  );
}
