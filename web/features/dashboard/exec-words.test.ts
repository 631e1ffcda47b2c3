import { expect, it } from 'vitest';
import { isForShell, wordsOf } from './exec-words.ts';

it('divides a command at spaces', () => {
  expect(wordsOf('  ls  -l /etc ')).toEqual(['ls', '-l', '/etc']);
  expect(wordsOf(' ')).toEqual([]);
});

it.each(['sh -c "ls | wc"', 'echo $HOME', "echo 'a b'", 'ls *', 'cat < a', String.raw`a\ b`])(
  'knows that %s is for a shell',
  (command) => expect(isForShell(command)).toBe(true),
);

it.each(['sh', 'ls -l /etc', 'curl http://10.0.0.1:80/a_b-c', 'env A=b,c@d%e+f{}'])(
  'knows that %s needs none',
  (command) => expect(isForShell(command)).toBe(false),
);
