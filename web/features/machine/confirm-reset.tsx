import { Confirm } from '../../ui/confirm.tsx';
import styles from './machine-panel.module.css';

/** Asks before a machine, or a cluster, starts anew, and says what is lost. */
export function ConfirmReset({
  start,
  of = 'machine',
  onConfirm,
  onClose,
}: {
  readonly start: 'restore' | 'cold';
  /** what starts anew */
  readonly of?: 'machine' | 'cluster';
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Confirm
      title={start === 'cold' ? 'Boot the machine from the BIOS?' : `Reset the ${of}?`}
      keep="Keep it"
      action={start === 'cold' ? 'Cold boot' : 'Reset'}
      icon={start === 'cold' ? 'power' : 'reload'}
      onClose={onClose}
      onConfirm={onConfirm}
    >
      <p>
        {start === 'cold'
          ? 'It starts as a PC does when it is switched on: BIOS, kernel, programs. That takes a few seconds; dmesg tells what the kernel did.'
          : 'It starts anew as it was the first time.'}
      </p>
      <p className={styles['loss']}>
        {of === 'machine'
          ? 'Its containers, images, running programs and the files on its disk are lost, unless you make a checkpoint first.'
          : 'Its machines are switched off, and everything in the cluster is lost.'}
      </p>
    </Confirm>
  );
}
