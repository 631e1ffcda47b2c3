import { useEffect, useState, type ReactNode } from 'react';
import type { HubContents, PushedRepository } from '../../../engine/api/hub.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { describeHub, dockerSize, type Catalogue, type OfficialImage } from './catalogue.ts';
import styles from './images-dialog.module.css';

type State =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'ready'; readonly catalogue: Catalogue };

/** Lists what `docker pull` can fetch here: layers, sizes, sources, and what differs from Docker Hub. */
export function ImagesDialog({
  load,
  onClose,
}: {
  /** Rejects when the registry cannot be read, for the moment. */
  readonly load: () => Promise<HubContents>;
  readonly onClose: () => void;
}) {
  const [state, setState] = useState<State>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (contents) => current && setState({ kind: 'ready', catalogue: describeHub(contents) }),
      () => current && setState({ kind: 'failed' }),
    );
    return () => void (current = false);
  }, [load, attempt]);

  return (
    <Dialog title="Images" wide onClose={onClose}>
      <div className={styles['intro']}>
        <p>
          What <code>docker pull</code> and <code>FROM</code> find here. The registry in this page
          answers as Docker Hub does; the images are built from Debian 12 packages for i386.
        </p>
        <RealityLabel
          reality="ported"
          surface="The registry"
          what="A registry of our own answers under the name of Docker Hub. It speaks the protocol of the OCI Distribution specification, takes what you push, keeps it in this browser and gives it to every machine here. The images are our own arrangement of real programs."
        />
      </div>
      <p role="status" className={state.kind === 'loading' ? undefined : 'visually-hidden'}>
        {state.kind === 'loading'
          ? 'Asking the registry…'
          : state.kind === 'ready'
            ? `${state.catalogue.official.length} images`
            : 'The registry could not be read.'}
      </p>
      {state.kind === 'failed' && (
        <div className={styles['problem']}>
          <p>
            The registry could not be read. The connection to where this page came from may be gone.
          </p>
          <Button
            icon="reload"
            onClick={() => {
              setState({ kind: 'loading' });
              setAttempt(attempt + 1);
            }}
          >
            Try again
          </Button>
        </div>
      )}
      {state.kind === 'ready' && (
        <>
          <Pushed repositories={state.catalogue.pushed} />
          <h3 className={styles['heading']}>Official images</h3>
          <ul className={styles['images']}>
            {state.catalogue.official.map((image) => (
              <li key={image.name}>
                <Image image={image} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}

function Pushed({ repositories }: { readonly repositories: readonly PushedRepository[] }) {
  if (repositories.length === 0) return null;
  return (
    <section>
      <h3 className={styles['heading']}>Pushed from here</h3>
      <ul className={styles['pushed']}>
        {repositories.map(({ name, tags, size }) => (
          <li key={name}>
            <code>{name}</code>
            <span>{tags.length === 0 ? 'no tags' : tags.join(', ')}</span>
            <span className={styles['size']}>{dockerSize(size)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Image({ image }: { readonly image: OfficialImage }) {
  const { name, description, size, ownSize, tags, layers, differences, sources } = image;
  return (
    <details className={styles['image']}>
      <summary className={styles['summary']}>
        <Icon name="chevron-right" />
        <span className={styles['name']}>{name}</span>
        <span className={styles['description']}>{description}</span>
        <span className={styles['size']}>{dockerSize(size)}</span>
      </summary>
      <div className={styles['body']}>
        <p>
          <code>docker pull {name}</code>
          {ownSize < size && (
            <span className={styles['note']}>
              {' '}
              {dockerSize(ownSize)} when you have the layers that it shares
            </span>
          )}
        </p>
        <h4 className={styles['part']}>Tags</h4>
        <p className={styles['tags']}>
          {tags.map((tag) => (
            <code key={tag}>{tag}</code>
          ))}
        </p>
        <h4 className={styles['part']}>Differs from Docker Hub’s</h4>
        <ul className={styles['differences']}>
          {differences.map((difference) => (
            <li key={difference}>{difference}</li>
          ))}
        </ul>
        <h4 className={styles['part']}>Layers, bottom first</h4>
        <Table
          label={`Layers of ${name}`}
          head={['Layer', 'Size', 'Made by']}
          rows={layers.map(({ digest, size: bytes, createdBy, sharedWith }) => ({
            key: digest,
            cells: [
              <code key="digest">{digest.slice('sha256:'.length, 'sha256:'.length + 12)}</code>,
              dockerSize(bytes),
              <>
                {createdBy}
                {sharedWith.length > 0 && (
                  <span className={styles['shared']}>Shared with {sharedWith.join(', ')}</span>
                )}
              </>,
            ],
          }))}
        />
        <details>
          <summary className={styles['sources']}>
            {sources.length === 1 ? 'One source' : `${sources.length} sources`} and licences
          </summary>
          <Table
            label={`Sources of ${name}`}
            head={['Package', 'Version', 'Source', 'Licence']}
            rows={sources.map(({ name: what, version, source, sourceVersion, licence }) => ({
              key: what,
              cells: [
                what,
                version,
                sourceVersion === version ? source : `${source} ${sourceVersion}`,
                licence,
              ],
            }))}
          />
        </details>
      </div>
    </details>
  );
}

interface Row {
  readonly key: string;
  readonly cells: readonly ReactNode[];
}

/** Scrolls sideways by itself where it is wider than the page; so it must be reachable by keyboard. */
function Table({
  label,
  head,
  rows,
}: {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles['scroll']} role="region" aria-label={label} tabIndex={0}>
      <table className={styles['table']}>
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td key={head[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
