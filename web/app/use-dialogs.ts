import { useCallback, useState } from 'react';

export type DialogName = 'palette' | 'images' | 'checkpoints' | 'offline' | 'share' | 'shortcuts';

export interface OpenDialogs {
  readonly isOpen: (name: DialogName) => boolean;
  readonly open: (name: DialogName) => void;
  readonly close: (name: DialogName) => void;
}

/** Which dialogs of the app are open; one may stand over another. */
export function useDialogs(): OpenDialogs {
  const [names, setNames] = useState<ReadonlySet<DialogName>>(new Set());
  const open = useCallback(
    (name: DialogName) => setNames((before) => new Set(before).add(name)),
    [],
  );
  const close = useCallback(
    (name: DialogName) => setNames((before) => new Set([...before].filter((one) => one !== name))),
    [],
  );
  return { isOpen: (name) => names.has(name), open, close };
}
