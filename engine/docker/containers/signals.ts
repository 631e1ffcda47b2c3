import { badRequest } from '../api/api-error.ts';

/** Linux on x86: index is the number. */
const NAMES = [
  '',
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'STKFLT',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'IO',
  'PWR',
  'SYS',
];
const REALTIME = /^RTMIN(?:\+(\d+))?$/;
const FIRST_REALTIME = 34;
const LAST_REALTIME = 64;

/** `9`, `KILL` or `sigkill` → its name and number. Throws 400. */
export function parseSignal(text: string): { readonly name: string; readonly number: number } {
  const word = text.toUpperCase().replace(/^SIG/, '');
  const realtime = REALTIME.exec(word);
  const number = /^\d+$/.test(text)
    ? Number(text)
    : realtime === null
      ? NAMES.indexOf(word)
      : FIRST_REALTIME + Number(realtime[1] ?? 0);
  if (number >= FIRST_REALTIME && number <= LAST_REALTIME)
    return { name: `SIGRTMIN+${number - FIRST_REALTIME}`, number };
  const name = NAMES[number];
  if (number <= 0 || name === undefined) throw badRequest(`Invalid signal: ${text}`);
  return { name: `SIG${name}`, number };
}
