import { useSyncExternalStore } from 'react';

export interface TerminalSettings {
  /** makes output available to screen readers, at some cost in speed */
  readonly screenReader: boolean;
  /** pixels */
  readonly fontSize: number;
}

export const fontSizes = [11, 12, 13, 14, 16, 18, 22] as const;

const key = 'drydock.terminal';
const listeners = new Set<() => void>();
let settings: TerminalSettings = { screenReader: false, fontSize: 13, ...stored() };

function stored(): Partial<TerminalSettings> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    const { screenReader, fontSize } = value as Record<string, unknown>;
    return {
      ...(typeof screenReader === 'boolean' ? { screenReader } : {}),
      ...(typeof fontSize === 'number' && fontSize >= 8 && fontSize <= 32 ? { fontSize } : {}),
    };
  } catch {
    return {};
  }
}

export function terminalSettings(): TerminalSettings {
  return settings;
}

export function changeTerminalSettings(change: Partial<TerminalSettings>): void {
  settings = { ...settings, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

export function onTerminalSettings(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTerminalSettings(): TerminalSettings {
  return useSyncExternalStore(onTerminalSettings, terminalSettings);
}
