import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { setArrival, useArrival, type Arrival } from './arrivals.ts';

/** Tells how far shared files have come. */
export function ArrivalNotice() {
  const arrival = useArrival();
  /** files that wait do so without the notice too */
  const [hidden, setHidden] = useState<Arrival>();
  if (arrival === undefined || arrival === hidden) return null;
  const close = (
    <Button
      small
      onClick={() => (arrival.kind === 'waiting' ? setHidden(arrival) : setArrival(undefined))}
    >
      Close
    </Button>
  );
  switch (arrival.kind) {
    case 'waiting':
      return (
        <Notice role="status" title="Shared files wait for their machine" actions={close}>
          <p>They are put into /root/work as soon as it runs.</p>
        </Notice>
      );
    case 'there':
      return (
        <Notice role="status" title="The shared files are there" actions={close}>
          <p>
            {arrival.count === 1 ? 'One file is' : `${arrival.count} files are`} in /root/work.
            {arrival.kept.length > 0 && (
              <> What you had in their places is kept: {arrival.kept.join(', ')}.</>
            )}
          </p>
        </Notice>
      );
    case 'failed':
      return (
        <Notice
          role="alert"
          title="The shared files could not be written"
          actions={
            <>
              <Button
                small
                variant="primary"
                icon="reload"
                onClick={() => setArrival({ kind: 'waiting', state: arrival.state })}
              >
                Try again
              </Button>
              {close}
            </>
          }
        >
          <p>{arrival.reason} What you had is still there.</p>
        </Notice>
      );
  }
}
