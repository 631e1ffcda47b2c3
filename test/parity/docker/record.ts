/**
 * `npm run parity:record:docker [-- NAME…]`: runs the commands of the transcripts in a machine with Debian's
 * dockerd and writes down what was printed. Takes about a minute for ten commands.
 */
import { ensureStates } from '../../../engine/cli/prepare.ts';
import { DockerSession } from './docker-session.ts';
import { readTranscript, transcriptNames, writeTranscript } from './transcript-files.ts';

const wanted = process.argv.slice(2);
const names = transcriptNames().filter((name) => wanted.length === 0 || wanted.includes(name));

await ensureStates([{ profile: 'docker-reference' }]);
const session = await DockerSession.start('docker-reference');
for (const name of names) {
  const began = performance.now();
  writeTranscript(name, await session.run(readTranscript(name)));
  console.log(`recorded ${name} in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}
await session.stop();
// Worker threads would keep the process alive.
process.exit();
