import type { ASTNode } from '@marcbachmann/cel-js';

/** Where upstream points for a node: at its operator, dot or bracket, else at its start. */
export function placeOf(node: ASTNode): number {
  switch (node.op) {
    case 'value':
    case 'id':
    case 'list':
    case 'map':
    case '!_':
    case '-_':
      return node.range.start;
    case '.':
    case '.?':
      return find(node, '.', node.args[0]);
    case '[]':
    case '[?]':
      return find(node, '[', node.args[0]);
    case 'call':
      return find(node, '(');
    case 'rcall':
      return find(node, '(', node.args[1]);
    case '?:':
      return find(node, '?', node.args[0]);
    default:
      // Macros are nodes of kinds that are not in the types.
      return Array.isArray(node.args) ? find(node, node.op, node.args[0]) : node.range.start;
  }
}

function find({ input, range }: ASTNode, text: string, after?: ASTNode): number {
  const from = after?.range.end ?? range.start;
  const found = input.indexOf(text, from);
  return found === -1 ? range.start : found;
}

/** A message with the line it is about, as the language's compiler prints it. */
export function markPlace(input: string, place: number, message: string): string {
  const before = input.slice(0, place).split('\n');
  const start = Array.from(before.at(-1) ?? '');
  const column = start.length;
  const line = input.split('\n')[before.length - 1] ?? '';
  const marks = start.map((character) => (character > '\u007f' ? '．' : '.')).join('');
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${marks}^`;
}
