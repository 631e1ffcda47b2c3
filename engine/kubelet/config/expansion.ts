/**
 * `$(NAME)` references in commands, arguments, variables and sub-paths. `$$` stands for one `$`; what is no whole
 * reference stays as it is.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
function expandReferences(text: string, valueOf: (name: string) => string): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (_match, name: string | undefined) =>
    name === undefined ? '$' : valueOf(name),
  );
}

/** Replaces references to variables; a reference to one that is not there stays. */
export function expandVariables(
  text: string,
  ...sources: readonly ReadonlyMap<string, string>[]
): string {
  return expandReferences(text, (name) => {
    for (const source of sources) {
      const value = source.get(name);
      if (value !== undefined) return value;
    }
    return `$(${name})`;
  });
}

/**
 * The value of a `subPathExpr`.
 * @throws Error that names the variables that are not there, or empty
 */
export function expandSubPath(
  expression: string,
  environment: ReadonlyMap<string, string>,
): string {
  const missing = new Set<string>();
  const path = expandReferences(expression, (name) => {
    const value = environment.get(name) ?? '';
    if (value === '') missing.add(name);
    return value;
  });
  if (missing.size > 0) throw new Error(`missing value for ${[...missing].toSorted().join(', ')}`);
  return path;
}
