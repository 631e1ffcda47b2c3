import { goQuote } from '../go-text.ts';
import { applyConflict, type StatusError } from '../status/status-error.ts';
import { identityOf, type ManagerIdentity } from './managed-fields.ts';
import type { Conflict } from './ownership.ts';
import { formatPath } from './path-element.ts';

/** The 409 of an apply that met fields of other managers, with a cause for each field. */
export function conflictStatus(conflicts: readonly Conflict[]): StatusError {
  const byManager = conflicts
    .toSorted((a, b) => (identityOf(a.manager) < identityOf(b.manager) ? -1 : 1))
    .map(({ manager, fields }) => ({
      name: printManager(manager),
      paths: fields.paths().map(formatPath),
    }));
  const causes = byManager.flatMap(({ name, paths }) =>
    paths.map((field) => ({
      reason: 'FieldManagerConflict' as const,
      message: `conflict with ${name}`,
      field,
    })),
  );
  return applyConflict(causes, messageOf(byManager, causes.length));
}

function messageOf(
  managers: readonly { readonly name: string; readonly paths: readonly string[] }[],
  count: number,
): string {
  if (count === 1) {
    const [only] = managers;
    return `Apply failed with 1 conflict: conflict with ${only?.name}: ${only?.paths.join('')}`;
  }
  const lines = managers.flatMap(({ name, paths }) => [
    `conflicts with ${name}:`,
    ...paths.map((path) => `- ${path}`),
  ]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

function printManager({ manager, subresource, operation, apiVersion }: ManagerIdentity): string {
  const within = subresource === '' ? '' : ` with subresource ${goQuote(subresource)}`;
  const using = operation === 'Update' ? ` using ${apiVersion}` : '';
  return goQuote(manager) + within + using;
}
