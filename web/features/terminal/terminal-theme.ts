import type { ITheme } from '@xterm/xterm';
import { resolveColor, type Theme } from '../../ui/theme.ts';

/**
 * The sixteen colours. Programs mix them freely with the 256 others; xterm's
 * `minimumContrastRatio` lifts every pair to 4.5:1, so these only set the character.
 */
const palettes: Record<Theme, Omit<ITheme, 'background' | 'foreground'>> = {
  light: {
    black: '#15242a',
    red: '#a8261f',
    green: '#1c6b3f',
    yellow: '#7a4d00',
    blue: '#1d4fa3',
    magenta: '#86327d',
    cyan: '#0a5a65',
    white: '#5a6b72',
    brightBlack: '#4d5f66',
    brightRed: '#c23a2c',
    brightGreen: '#257a4c',
    brightYellow: '#8a5a00',
    brightBlue: '#2d62bd',
    brightMagenta: '#9a4290',
    brightCyan: '#0e6f7c',
    brightWhite: '#33454c',
    cursor: '#0b6470',
    cursorAccent: '#ffffff',
    selectionBackground: '#bfe3e7',
  },
  dark: {
    black: '#26343b',
    red: '#ff8a7a',
    green: '#6fce97',
    yellow: '#eab95a',
    blue: '#84b6ff',
    magenta: '#e0a0d8',
    cyan: '#58c7cf',
    white: '#dbe5e8',
    brightBlack: '#8799a1',
    brightRed: '#ffb0a4',
    brightGreen: '#98e3b8',
    brightYellow: '#f5d48a',
    brightBlue: '#aacdff',
    brightMagenta: '#efc2ea',
    brightCyan: '#8fe0e5',
    brightWhite: '#ffffff',
    cursor: '#58c7cf',
    cursorAccent: '#0f171b',
    selectionBackground: '#1f555d',
  },
};

export function terminalTheme(theme: Theme): ITheme {
  return {
    ...palettes[theme],
    background: resolveColor('--color-terminal-bg'),
    foreground: resolveColor('--color-terminal-text'),
  };
}

/** Colours of search matches, which xterm wants as `#rrggbb`. */
export function searchDecorations(theme: Theme) {
  return theme === 'dark'
    ? {
        matchBackground: '#4a3a12',
        activeMatchBackground: '#8a6510',
        matchOverviewRuler: '#eab95a',
        activeMatchColorOverviewRuler: '#ffffff',
      }
    : {
        matchBackground: '#f6e3b4',
        activeMatchBackground: '#eebf4f',
        matchOverviewRuler: '#7a4d00',
        activeMatchColorOverviewRuler: '#15242a',
      };
}
