/**
 * The value of a key in a file that `fileKeyRef` names: lines `KEY='value'`, where the value may go over several
 * lines and nothing in it is special; '' when the key is not there.
 * @throws Error with upstream's message (k8s.io/kubernetes pkg/kubelet/util/env)
 * https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-via-file/
 */
export function valueInEnvironmentFile(text: string, key: string): string {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? '').replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const invalid = (problem: string): Error =>
      new Error(`invalid environment variable format at line ${index + 1}: ${problem}`);
    const equals = line.indexOf('=');
    if (equals === -1) throw invalid("missing '='");
    const name = line.slice(0, equals).replace(/[ \t]+$/, '');
    if (name === '') throw invalid('empty variable name');
    if (name.length !== equals) throw invalid("whitespace before '=' is not allowed");
    const value = line.slice(equals + 1);
    // As in a shell, `KEY= 'value'` makes KEY empty.
    if (/^[ \t]/.test(value)) {
      if (name === key) return '';
      continue;
    }
    if (!value.startsWith("'")) throw invalid('value must be enclosed in single quotes');
    const start = index;
    let content = '';
    let rest = value.slice(1);
    for (let end = rest.indexOf("'"); end === -1; end = rest.indexOf("'")) {
      content += `${rest}\n`;
      index++;
      const next = lines[index];
      if (next === undefined)
        throw new Error(
          `invalid environment variable format starting at line ${start + 1}: unclosed single quote`,
        );
      rest = next;
    }
    const end = rest.indexOf("'");
    if (!/^[ \t]*(?:#|$)/.test(rest.slice(end + 1)))
      throw invalid('unexpected content after closing quote');
    if (name === key) return content + rest.slice(0, end);
  }
  return '';
}
