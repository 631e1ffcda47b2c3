import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import type { IconName } from './icon.tsx';

/** Asks before something is lost. It closes itself before `onConfirm`. */
export function Confirm({
  title,
  keep,
  action,
  icon,
  children,
  onConfirm,
  onClose,
}: {
  readonly title: string;
  readonly keep: string;
  readonly action: string;
  readonly icon?: IconName;
  readonly children: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            {keep}
          </Button>
          <Button
            variant="danger"
            {...(icon === undefined ? {} : { icon })}
            onClick={() => {
              onClose();
              onConfirm();
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
