import { humanSize } from '../../base/go-format.ts';
import { outputFlag, type Command } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import { fileSystemMessage, formatStatus } from '../messages.ts';

export const version: Command = {
  name: 'version',
  usage: 'Display runtime version information',
  flags: [],
  async run({ cri, options, session }) {
    if (options.args.length > 0) throw new CrictlError('', 'help');
    const { runtimeName, runtimeVersion, runtimeApiVersion } = await cri.version();
    // Two spaces, as Println puts between what it prints.
    await session.stdout(
      `Version:  0.1.0\nRuntimeName:  ${runtimeName}\nRuntimeVersion:  ${runtimeVersion}\nRuntimeApiVersion:  ${runtimeApiVersion}\n`,
    );
  },
};

export const info: Command = {
  name: 'info',
  usage: 'Display information of the container runtime',
  flags: [
    outputFlag('json|yaml', 'json'),
    { name: 'quiet', short: 'q', kind: 'flag', usage: 'Do not show verbose information' },
  ],
  async run({ cri, options, session }) {
    if (options.args.length > 0) throw new CrictlError('', 'help');
    const status = { conditions: await cri.status() };
    await session.stdout(formatStatus([{ status }], options.text('output')));
  },
};

export const imagefsinfo: Command = {
  name: 'imagefsinfo',
  usage: 'Return image filesystem info',
  flags: [outputFlag('json|yaml|table')],
  async run({ cri, options, session }) {
    const usage = await cri.imageFsInfo();
    const format = options.text('output') || 'json';
    if (format !== 'table') {
      const message = fileSystemMessage(usage);
      const status = { imageFilesystems: [message], containerFilesystems: [message] };
      await session.stdout(formatStatus([{ status }], format));
      return;
    }
    const { timestamp, fsId } = fileSystemMessage(usage);
    const text = ['Container', 'Image'].map(
      (label) =>
        `${label} Filesystem \nTimeStamp[0]: ${timestamp}\nDisk[0]: ${humanSize(usage.usedBytes)}\n` +
        `Inodes[0]: ${usage.inodesUsed}\nMountpoint[0]: ${fsId.mountpoint}\n`,
    );
    await session.stdout(text.join(''));
  },
};
