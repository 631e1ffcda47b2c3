import type { HttpResponse } from '../../api/http-message.ts';
import { encodedResponse } from '../request/responses.ts';

/** What `kubectl version` shows. The version is Kubernetes', the compiler ours. */
const VERSION = {
  major: '1',
  minor: '37',
  emulationMajor: '1',
  emulationMinor: '37',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '36',
  gitVersion: 'v1.37.2',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'typescript',
  platform: 'drydock',
};

/** The same for `kubernetes_build_info`, with its labels. */
export const buildInfo: Readonly<Record<string, string>> = {
  build_date: VERSION.buildDate,
  compiler: VERSION.compiler,
  git_commit: VERSION.gitCommit,
  git_tree_state: VERSION.gitTreeState,
  git_version: VERSION.gitVersion,
  go_version: VERSION.goVersion,
  major: VERSION.major,
  minor: VERSION.minor,
  platform: VERSION.platform,
};

export function versionResponse(): HttpResponse {
  return encodedResponse(200, VERSION, { encoding: 'json', pretty: true });
}
