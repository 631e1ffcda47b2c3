import { useEffect, useState } from 'react';
import { downloadOf } from '../../../engine/cluster/index.ts';
import type { ProfileDownload } from '../../../engine/api/lab.ts';
import type { ProfileName } from '../../../engine/api/machine.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { formatBytes } from './readings.ts';
import styles from './machine-panel.module.css';

export const ORIGINAL_PROFILE: ProfileName = 'docker-reference';
export const originalIs =
  "Debian's dockerd and containerd run in the machine, over the same kernel and crun: what Docker users have on their computers.";

/** Asks before the machine is replaced by one with the other Docker engine; says what that costs first. */
export function EngineChoice({
  present,
  onChoose,
  onClose,
}: {
  readonly present: ProfileName;
  readonly onChoose: (start: 'restore' | 'cold', profile: ProfileName) => void;
  readonly onClose: () => void;
}) {
  const wanted = present === ORIGINAL_PROFILE ? 'docker' : ORIGINAL_PROFILE;
  const [download, setDownload] = useState<ProfileDownload | 'unknown'>();
  useEffect(() => {
    let current = true;
    downloadOf(wanted, present).then(
      (found) => current && setDownload(found),
      () => current && setDownload('unknown'),
    );
    return () => void (current = false);
  }, [wanted, present]);
  const known = typeof download === 'object' ? download : undefined;
  const original = wanted === ORIGINAL_PROFILE;

  return (
    <Dialog
      title={original ? 'Go on with the original Docker Engine?' : "Go on with Drydock's engine?"}
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            Keep it
          </Button>
          <Button
            variant="danger"
            icon="reload"
            disabled={known === undefined}
            onClick={() => known && onChoose(known.start, wanted)}
          >
            {original ? 'Original Docker Engine' : "Drydock's engine"}
          </Button>
        </>
      }
    >
      {original ? (
        <>
          <p>
            {originalIs}{' '}
            <RealityLabel reality="real" surface="The Docker engine" what={originalIs} />
          </p>
          <p>
            It is slower: two large programs share the emulated processor with your containers, so
            that a <code>docker run</code> takes seconds.{' '}
            {known?.start === 'cold' && 'It starts with a cold boot, in about half a minute.'}
          </p>
        </>
      ) : (
        <p>The daemon is ours again, beside the machine, and quick.</p>
      )}
      <p>
        <output>
          {download === 'unknown'
            ? 'What it takes cannot be found out: the network is away.'
            : known
              ? `Downloads up to ${formatBytes(known.bytes)}, once.`
              : 'Finding out what it takes …'}
        </output>
      </p>
      <p className={styles['loss']}>
        The machine starts anew: its containers, its running programs and the files on its disk are
        lost, unless you save it first.
      </p>
    </Dialog>
  );
}
