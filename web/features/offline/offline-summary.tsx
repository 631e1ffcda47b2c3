import { Button } from '../../ui/button.tsx';
import { megabytes } from './copy-plan.ts';
import { useCopy } from './use-copy.ts';

/** Whether the app works without a network, and the way to change that. */
export function OfflineSummary({ onShow }: { readonly onShow: () => void }) {
  const { copy, outdated } = useCopy();
  const has = copy !== undefined && copy !== 'unknown';
  return (
    <>
      <h3>Without a network</h3>
      <p>
        {!has
          ? 'Drydock can be kept in this browser, to work without a network.'
          : outdated
            ? 'The copy in this browser is of an older version than the one you see. It works; bring it up to date while there is a network.'
            : `Drydock is in this browser (${megabytes(copy.bytes)}) and works without a network.`}
      </p>
      <Button icon="download" onClick={onShow}>
        {!has ? 'Keep it here' : outdated ? 'Bring it up to date' : 'Change what is kept'}
      </Button>
    </>
  );
}
