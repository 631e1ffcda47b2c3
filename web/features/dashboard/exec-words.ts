/** The words of a command as they reach the container: no shell reads it. */
export const wordsOf = (command: string): readonly string[] =>
  command
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');

/** Whether it has what only a shell would make something of: quotes, pipes, variables and the like. */
export const isForShell = (command: string): boolean => /["'`\\$|&;<>*?]/.test(command);
