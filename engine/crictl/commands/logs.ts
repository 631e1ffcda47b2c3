import { parseTimestamp } from '../../base/go-format.ts';
import { readLogPieces } from '../../kubelet/logs/container-log.ts';
import type { Command } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import { containerId } from './lookup.ts';

export const logs: Command = {
  name: 'logs',
  usage: 'Fetch the logs of a container',
  argsUsage: 'CONTAINER-ID',
  flags: [
    { name: 'follow', short: 'f', kind: 'flag', usage: 'Follow log output' },
    {
      name: 'previous',
      short: 'p',
      kind: 'flag',
      usage: 'Print the logs for the previous instance of the container in a pod if it exists',
    },
    {
      name: 'tail',
      kind: 'number',
      value: -1,
      usage: 'Number of lines to show from the end of the logs. Defaults to all',
    },
    {
      name: 'limit-bytes',
      kind: 'number',
      value: -1,
      usage: 'Maximum bytes of logs to return. Defaults to no limit',
    },
    {
      name: 'since',
      kind: 'text',
      usage:
        'Show logs since timestamp (e.g. 2013-01-02T13:23:37) or relative (e.g. 42m for 42 minutes)',
    },
    { name: 'timestamps', short: 't', kind: 'flag', usage: 'Show timestamps' },
    {
      name: 'stream',
      short: 's',
      kind: 'text',
      usage: 'Show specified stream (stdout or stderr). Defaults to both.',
    },
  ],
  async run({ cri, agent, clock, options, session }) {
    const [text = '', ...more] = options.args;
    if (text === '') throw new CrictlError('ID cannot be empty');
    if (more.length > 0) throw new CrictlError('', 'help');
    const stream = STREAMS[options.text('stream')];
    if (stream === undefined)
      throw new CrictlError(
        `invalid stream "${options.text('stream')}", must be "stdout" or "stderr"`,
      );
    if (options.isSet('tail') && options.isSet('stream'))
      throw new CrictlError('--tail and --stream are mutually exclusive');
    const now = clock.now();
    const since = options.text('since');
    const sinceTime = since === '' ? 0 : parseTimestamp(since, now);
    if (sinceTime === undefined)
      throw new CrictlError(`failed to parse value as time or duration: "${since}"`);
    const id = await containerId(cri, text);
    const { logPath, metadata } = await cri.containerStatus(id);
    if (logPath === '') throw new CrictlError('the container has not set log path');
    const previous = options.flag('previous');
    if (previous && metadata.attempt === 0)
      throw new CrictlError(`previous terminated container ${metadata.name} not found`);
    const path = previous
      ? logPath.replace(/[^/]*(\.[^./]*)$/, `${metadata.attempt - 1}$1`)
      : logPath;
    const [tail, bytes] = [options.number('tail'), options.number('limit-bytes')];
    const query = {
      follow: options.flag('follow'),
      previous,
      timestamps: options.flag('timestamps'),
      stream,
      ...(tail < 0 ? {} : { tailLines: tail }),
      ...(bytes < 0 ? {} : { limitBytes: bytes }),
      ...(sinceTime === 0 ? {} : { sinceTime }),
    };
    const source = { agent, cri, containerId: id, path, now };
    for await (const pieces of readLogPieces(source, query, session.gone))
      for (const piece of pieces) await session[piece.stream](piece.bytes);
  },
};

const STREAMS: Readonly<Record<string, 'All' | 'Stdout' | 'Stderr'>> = {
  '': 'All',
  stdout: 'Stdout',
  stderr: 'Stderr',
};
