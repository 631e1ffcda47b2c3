import { useEffect, useId, useRef, useState } from 'react';
import type { LabMachine, OpenPort } from '../../../engine/api/lab.ts';
import { Icon } from '../../ui/icon.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { PageFrame } from './page-frame.tsx';
import { previewGateway } from './preview-gateway.ts';
import { lastWanted, onShowPort } from './wanted-port.ts';
import styles from './preview.module.css';

/** Ports that hold pages, in order of number: the machine's TCP ports. */
function tcpPorts(ports: readonly OpenPort[]): readonly OpenPort[] {
  return ports.filter(({ protocol }) => protocol === 'tcp').toSorted((a, b) => a.port - b.port);
}

/** Web pages that the machine's containers serve: one tab for each published port, open by itself. */
export function Preview({ machine }: { readonly machine: LabMachine }) {
  const [ports, setPorts] = useState(() => tcpPorts(machine.ports()));
  const [chosen, setChosen] = useState(() => lastWanted(machine.name));
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const id = useId();

  useEffect(() => {
    previewGateway().use(machine);
    setPorts(tcpPorts(machine.ports()));
    return machine.onPorts((next) => setPorts(tcpPorts(next)));
  }, [machine]);

  useEffect(
    () =>
      onShowPort((wanted) => {
        if (wanted.machine === machine.name) setChosen(wanted.port);
      }),
    [machine],
  );

  const listed = ports.map(({ port }) => port);
  // The chosen port stays while its container is replaced; other closed ports go.
  const shown =
    chosen !== undefined && !listed.includes(chosen) && listed.length === 0 ? [chosen] : listed;
  const selected = chosen !== undefined && shown.includes(chosen) ? chosen : shown[0];

  useEffect(() => {
    if (selected === undefined) return;
    setChosen((before) => before ?? selected);
    setOpened((before) => (before.has(selected) ? before : new Set([...before, selected])));
  }, [selected]);

  // Every port is made reachable at once: its first page comes sooner, and links from other ports find it.
  useEffect(() => {
    for (const { port } of ports)
      previewGateway()
        .reach(machine.name, port)
        .catch(() => {});
  }, [machine, ports]);

  const announcement = useAnnouncement(ports);

  return (
    <Panel
      title="Preview"
      bar={
        selected === undefined ? null : (
          <Tabs
            label="Published ports"
            items={shown.map((port) => ({
              id: String(port),
              label: `:${port}`,
              mark: <Icon name="globe" size={14} />,
              hint: ports.find((open) => open.port === port)?.container ?? 'closed',
            }))}
            selected={String(selected)}
            onSelect={(port) => setChosen(Number(port))}
            panelId={(port) => `${id}-${port}`}
          />
        )
      }
      actions={
        <RealityLabel
          reality="real"
          surface="Preview"
          what="Each page comes through a TCP connection to the published port inside the machine, from the program in the container. Only cookies and the address are looked after by this page."
        />
      }
    >
      <p className="visually-hidden" role="status">
        {announcement}
      </p>
      {selected === undefined && <NoPorts />}
      {shown
        .filter((port) => opened.has(port))
        .map((port) => (
          <div
            key={port}
            id={`${id}-${port}`}
            role="tabpanel"
            aria-label={`Port ${port}`}
            className={styles['page']}
            hidden={port !== selected}
          >
            <PageFrame
              machine={machine}
              port={port}
              open={ports.find((open) => open.port === port)}
            />
          </div>
        ))}
    </Panel>
  );
}

function NoPorts() {
  return (
    <div className={styles['empty']}>
      <Icon name="globe" size={28} />
      <h3 className={styles['emptyTitle']}>No port is published yet</h3>
      <p>Start a container with a published port, and its page opens here by itself:</p>
      <code className={styles['command']}>docker run -d -p 80:80 nginx</code>
    </div>
  );
}

/** Says which ports opened and closed, for screen readers. */
function useAnnouncement(ports: readonly OpenPort[]): string {
  const before = useRef(ports);
  const [text, setText] = useState('');
  useEffect(() => {
    const known = new Set(before.current.map(({ port }) => port));
    const now = new Set(ports.map(({ port }) => port));
    const added = [...now].filter((port) => !known.has(port));
    const gone = [...known].filter((port) => !now.has(port));
    before.current = ports;
    const parts = [
      added.length > 0 && `Port ${added.join(', ')} opened.`,
      gone.length > 0 && `Port ${gone.join(', ')} closed.`,
    ].filter(Boolean);
    if (parts.length > 0) setText(parts.join(' '));
  }, [ports]);
  return text;
}
