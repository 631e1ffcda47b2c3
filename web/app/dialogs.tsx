import { Suspense, useState, useSyncExternalStore } from 'react';
import type { LabFiles } from '../../engine/api/lab.ts';
import { describeFailure, type Failure } from '../features/machine/failures.ts';
import { Dialog } from '../ui/dialog.tsx';
import { lazyPart } from '../ui/lazy-part.ts';
import { appCommands } from './app-commands.ts';
import type { LabSession } from './lab-session.ts';
import { ShortcutsDialog } from './shortcuts.tsx';
import type { DialogName, OpenDialogs } from './use-dialogs.ts';
import { open, useRoute } from './use-route.ts';
import type { View } from './workspace.tsx';

const CheckpointsDialog = lazyPart(
  async () => (await import('../features/checkpoints/checkpoints-dialog.tsx')).CheckpointsDialog,
);
const ImagesDialog = lazyPart(
  async () => (await import('../features/images/images-dialog.tsx')).ImagesDialog,
);
const OfflineDialog = lazyPart(
  async () => (await import('../features/offline/offline-dialog.tsx')).OfflineDialog,
);
const OpenShareDialog = lazyPart(
  async () => (await import('../features/share/open-share-dialog.tsx')).OpenShareDialog,
);
const Palette = lazyPart(async () => (await import('../features/palette/palette.tsx')).Palette);
const ShareDialog = lazyPart(
  async () => (await import('../features/share/share-dialog.tsx')).ShareDialog,
);

export interface DialogsProps {
  readonly dialogs: OpenDialogs;
  readonly session: LabSession;
  /** what can be shared without a lesson; absent while the machine with Docker does not run */
  readonly labFiles: LabFiles | undefined;
  /** what a file brought, as a link would */
  readonly packed: string | undefined;
  readonly onPackedDone: () => void;
  readonly show: (view: View) => void;
}

/** What stands over the app when it is asked for. */
export function Dialogs({ dialogs, session, labFiles, packed, onPackedDone, show }: DialogsProps) {
  const { machines, cluster } = useSyncExternalStore(session.subscribe, session.snapshot);
  const { page } = useRoute();
  /** why something did not even begin */
  const [trouble, setTrouble] = useState<Failure>();
  const shared = packed ?? (page.kind === 'share' ? page.packed : undefined);
  const closing = (name: DialogName) => () => dialogs.close(name);
  return (
    <>
      <Suspense>
        {dialogs.isOpen('images') && (
          <ImagesDialog load={session.hubContents} onClose={closing('images')} />
        )}
      </Suspense>
      <Suspense>
        {dialogs.isOpen('palette') && (
          <Palette
            commands={appCommands({
              machines: machines.map(({ name }) => name),
              hasCluster: cluster !== undefined,
              canShare: labFiles !== undefined,
              showMachine: (name) => {
                session.show(name);
                show('terminal');
              },
              show,
              startCluster: (nodes) => {
                show('cluster');
                session
                  .startCluster(nodes)
                  .catch((error: unknown) => setTrouble(describeFailure(error)));
              },
              openDialog: dialogs.open,
            })}
            onClose={closing('palette')}
          />
        )}
      </Suspense>
      <Suspense>
        {dialogs.isOpen('checkpoints') && (
          <CheckpointsDialog world={session} onClose={closing('checkpoints')} />
        )}
      </Suspense>
      <Suspense>
        {dialogs.isOpen('offline') && <OfflineDialog onClose={closing('offline')} />}
      </Suspense>
      <Suspense>
        {shared !== undefined && (
          <OpenShareDialog
            key={shared}
            packed={shared}
            onOpen={(lesson, step) => {
              onPackedDone();
              open(lesson === undefined ? { kind: 'lab' } : { kind: 'lesson', lesson, step });
            }}
            onClose={() => {
              onPackedDone();
              if (page.kind === 'share') open({ kind: 'home' });
            }}
          />
        )}
      </Suspense>
      <Suspense>
        {dialogs.isOpen('share') && labFiles && (
          <ShareDialog files={labFiles} onClose={closing('share')} />
        )}
      </Suspense>
      {trouble && (
        <Dialog title={trouble.title} onClose={() => setTrouble(undefined)}>
          <p>{trouble.why}</p>
          <p>{trouble.advice.join(' ')}</p>
        </Dialog>
      )}
      {dialogs.isOpen('shortcuts') && <ShortcutsDialog onClose={closing('shortcuts')} />}
    </>
  );
}
