import type { HttpResponse } from '../../api/http-message.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { NodeAgent } from '../contracts.ts';
import { notFound } from './responses.ts';

const DIRECTORY = '/var/log';

const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;');

/** `/logs/…`: the node's log directory, as Go's file server shows it. @param path below it, with its `/` */
export async function nodeLogs(
  agent: Pick<NodeAgent, 'call' | 'openFile'>,
  path: string,
): Promise<HttpResponse> {
  // Nothing but what is below the directory.
  if (path.split('/').includes('..')) return notFound();
  const file = DIRECTORY + path.replace(/\/+$/, '');
  try {
    const { kind, size } = await agent.call('file.stat', { path: file });
    if (kind === 'directory') return path.endsWith('/') ? await list(agent, file) : redirect(path);
    const { readable } = await agent.openFile({ path: file, length: size });
    const headers = new Headers({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(size),
    });
    return { status: 200, headers, body: readable };
  } catch (error) {
    if (error instanceof AgentError && ['ENOENT', 'ENOTDIR'].includes(error.code))
      return notFound();
    throw error;
  }
}

const redirect = (path: string): HttpResponse => ({
  status: 301,
  headers: new Headers({ location: `${path.slice(path.lastIndexOf('/') + 1) || 'logs'}/` }),
  body: null,
});

async function list(agent: Pick<NodeAgent, 'call'>, path: string): Promise<HttpResponse> {
  const { entries } = await agent.call('file.list', { path });
  const links = entries
    .map(({ name, kind }) => (kind === 'directory' ? `${name}/` : name))
    .toSorted()
    .map((name) => `<a href="${encodeURI(name)}">${escapeHtml(name)}</a>\n`);
  const page = `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join('')}</pre>\n`;
  return {
    status: 200,
    headers: new Headers({ 'content-type': 'text/html; charset=utf-8' }),
    body: new TextEncoder().encode(page),
  };
}
