import {
  cgroupsOf,
  mountsOf,
  namespacesOf,
  networkOf,
  processesOf,
  type LookName,
} from './looks.ts';
import styles from './look-inside.module.css';

interface BodyProps {
  /** what the look's script printed */
  readonly parts: readonly string[];
  /** name of the machine */
  readonly machine: string;
}

/** What a look has seen. */
export function LookBody({ part, ...props }: BodyProps & { readonly part: LookName }) {
  switch (part) {
    case 'processes':
      return <Processes {...props} />;
    case 'namespaces':
      return <Namespaces {...props} />;
    case 'cgroup':
      return <Cgroups {...props} />;
    case 'mounts':
      return <Mounts {...props} />;
    case 'network':
      return <Network {...props} />;
  }
}

function Processes({ parts, machine }: BodyProps) {
  return (
    <>
      <p>
        One process, two numbers: its PID namespace begins to count at 1. User 0 inside is user 0 of{' '}
        {machine} as well.
      </p>
      <Table
        label="Processes"
        heads={['Command', 'PID inside', `PID on ${machine}`, 'User']}
        rows={processesOf(parts).map(({ pid, innerPid, depth, uid, command }) => [
          `${'\u2003'.repeat(depth)}${command}`,
          String(innerPid),
          String(pid),
          uid,
        ])}
      />
    </>
  );
}

function Namespaces({ parts, machine }: BodyProps) {
  return (
    <>
      <p>
        A namespace of its own hides what {machine} has of that kind. The containers of a Pod have
        the same net, ipc and uts.
      </p>
      <Table
        label="Namespaces"
        heads={['Kind', 'The container’s', `${machine}’s`, 'So it is']}
        rows={namespacesOf(parts).map(({ type, container, machine: outer, isShared }) => [
          type,
          container,
          outer,
          isShared ? 'the machine’s' : 'its own',
        ])}
      />
    </>
  );
}

function Cgroups({ parts, machine }: BodyProps) {
  const [own, around] = cgroupsOf(parts);
  return (
    <>
      {own && (
        <>
          <p>
            Inside, these files are in <code>/sys/fs/cgroup</code>; on {machine} they are in{' '}
            <code>{own.path}</code>.
          </p>
          <CgroupValues label="The container’s cgroup" values={own.values} />
        </>
      )}
      {around && around.values.length > 0 && (
        <>
          <p>
            Around it is <code>{around.path}</code>, whose limits hold for all in it together.
          </p>
          <CgroupValues label="The cgroup around it" values={around.values} />
        </>
      )}
    </>
  );
}

function CgroupValues({
  label,
  values,
}: {
  readonly label: string;
  readonly values: readonly { readonly file: string; readonly value: string }[];
}) {
  return (
    <Table
      label={label}
      heads={['File', 'Value']}
      rows={values.map(({ file, value }) => [file, value])}
    />
  );
}

function Mounts({ parts, machine }: BodyProps) {
  const { mounts, layers } = mountsOf(parts);
  return (
    <>
      {layers && (
        <>
          <p>
            Its root is an overlay. What the image has comes from{' '}
            {layers.lower.length === 1
              ? 'one directory, into which its layers are merged'
              : `${layers.lower.length} directories`}
            ; what the container writes goes to another one.
          </p>
          <Table
            label="Directories of the overlay"
            heads={['Role', `Directory on ${machine}`]}
            rows={[
              ['upper: written', layers.upper],
              ...layers.lower.map((directory) => ['lower: of the image', directory]),
            ]}
          />
          <p>
            {layers.changed.length === 0
              ? 'The container has written no file yet.'
              : `In the upper directory, which is what differs from the image: ${layers.changed.join(', ')}`}
          </p>
        </>
      )}
      <Table
        label="Mounts, as the container sees them"
        heads={['At', 'Type', 'Source', 'Options']}
        rows={mounts.map(({ at, type, source, options }) => [at, type, source, options])}
      />
    </>
  );
}

function Network({ parts, machine }: BodyProps) {
  const { addresses, routes, rules } = networkOf(parts);
  return (
    <>
      <p>Inside, in its network namespace:</p>
      <Text label="Addresses and routes inside" text={[...addresses, '', ...routes].join('\n')} />
      <p>On {machine}, what its kernel’s nftables say about these addresses:</p>
      <Text
        label={`Rules of ${machine} about it`}
        text={rules === '' ? 'No rule names them.' : rules}
      />
    </>
  );
}

function Text({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <pre
      className={styles['text']}
      role="region"
      aria-label={label}
      // A scrolling region must be reachable by keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
    >
      {text}
    </pre>
  );
}

export interface TableProps {
  readonly label: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Rows of text; the first cell names its row. */
export function Table({ label, heads, rows }: TableProps) {
  return (
    <table className={styles['table']} aria-label={label}>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...cells], row) => (
          // Rows may be alike, and stay in their places.
          <tr key={row}>
            <th scope="row">{name}</th>
            {cells.map((cell, column) => (
              <td key={heads[column + 1]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
