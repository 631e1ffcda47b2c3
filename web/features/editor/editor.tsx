import { lazy, Suspense, useEffect, useId, useState, useSyncExternalStore } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { Icon } from '../../ui/icon.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { baseName, parentPath, shortPath } from '../files/paths.ts';
import { openFilesOf } from './open-files.ts';
import type { EditorTools } from './tools.ts';
import styles from './editor.module.css';

const FileEditor = lazy(async () => ({ default: (await import('./file-editor.tsx')).FileEditor }));

const waiting = <Waiting text="The editor is loading" />;

/** Text files of the machine, in tabs. What is typed is in the machine shortly after. */
export function Editor({
  machine,
  cluster,
}: {
  readonly machine: LabMachine;
  /** where manifests are applied */
  readonly cluster: ClusterFacade | undefined;
}) {
  const openFiles = openFilesOf(machine.name);
  const { paths, shown } = useSyncExternalStore(openFiles.subscribe, openFiles.state);
  const tools = useTools(machine);
  const unsaved = useUnsaved(tools, paths);
  const id = useId();

  useEffect(() => {
    if (shown === undefined) return;
    const tab = document.querySelector(`[data-tab="${CSS.escape(shown)}"]`);
    tab?.parentElement?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [shown]);

  return (
    <Panel
      title="Editor"
      hideTitle={paths.length > 0}
      startsWithTabs={paths.length > 0}
      bar={
        shown === undefined ? null : (
          <Tabs
            label="Open files"
            items={paths.map((path) => ({
              id: path,
              label: tabLabel(path, paths),
              mark: unsaved.has(path) ? (
                <span className={styles['unsaved']} />
              ) : (
                <Icon name="file" size={14} />
              ),
              ...(unsaved.has(path) ? { hint: 'unsaved' } : {}),
            }))}
            selected={shown}
            onSelect={(path) => openFiles.show(path)}
            onClose={(path) => openFiles.close(path)}
            panelId={() => id}
          />
        )
      }
    >
      {shown === undefined ? (
        <div className={styles['empty']}>
          <Icon name="code" size={28} />
          <p>
            Choose a file on the left to edit it here. What you type is saved in the machine by
            itself.
          </p>
        </div>
      ) : (
        <div id={id} role="tabpanel" aria-label={shortPath(shown)} className={styles['panel']}>
          <Suspense fallback={waiting}>
            {tools ? (
              <FileEditor
                tools={tools}
                path={shown}
                cluster={cluster}
                close={() => openFiles.close(shown)}
              />
            ) : (
              waiting
            )}
          </Suspense>
        </div>
      )}
    </Panel>
  );
}

/** Tabs of equal names say which folder they come from. */
function tabLabel(path: string, paths: readonly string[]): string {
  const name = baseName(path);
  const alone = paths.every((other) => other === path || baseName(other) !== name);
  return alone ? name : `${name} · ${baseName(parentPath(path))}`;
}

/** Monaco and the documents of this machine; undefined while they are loaded, or the machine does not run yet. */
function useTools(machine: LabMachine): EditorTools | undefined {
  const [tools, setTools] = useState<EditorTools>();
  useEffect(() => {
    let stopped = false;
    const stops: (() => void)[] = [];
    const begin = async () => {
      const { toolsOf } = await import('./tools.ts');
      const found = toolsOf(machine.name);
      const stop = await found.documents.attach(machine);
      if (stopped) return stop();
      stops.push(stop);
      setTools(found);
    };
    let begun = false;
    const onState = (kind: string) => {
      if (kind !== 'running' || begun) return;
      begun = true;
      void begin();
    };
    onState(machine.state().kind);
    stops.push(machine.onState(({ kind }) => onState(kind)));
    return () => {
      stopped = true;
      for (const stop of stops) stop();
    };
  }, [machine]);
  useEffect(() => {
    const keep = () => tools?.documents.keepDrafts();
    document.addEventListener('visibilitychange', keep);
    addEventListener('pagehide', keep);
    return () => {
      document.removeEventListener('visibilitychange', keep);
      removeEventListener('pagehide', keep);
    };
  }, [tools]);
  return tools;
}

/** Paths whose text is not in the machine yet. */
function useUnsaved(tools: EditorTools | undefined, paths: readonly string[]): ReadonlySet<string> {
  const [unsaved, setUnsaved] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (!tools) return undefined;
    const documents = paths
      .map((path) => tools.documents.get(path))
      .filter((document) => document !== undefined);
    const look = () => {
      const next = documents.filter((document) => document.state().dirty).map(({ path }) => path);
      setUnsaved((before) =>
        before.size === next.length && next.every((path) => before.has(path))
          ? before
          : new Set(next),
      );
    };
    look();
    const stops = documents.map((document) => document.subscribe(look));
    return () => {
      for (const stop of stops) stop();
    };
  }, [tools, paths]);
  return unsaved;
}
