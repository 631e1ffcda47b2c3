import { Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { Button } from '../../ui/button.tsx';
import { lazyPart } from '../../ui/lazy-part.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { useTheme } from '../../ui/theme.ts';
import { baseName, shortPath } from '../files/paths.ts';
import { useManifest } from '../manifests/use-manifest.ts';
import { createCodeEditor } from './code-editor.ts';
import { CompareDialog } from './compare-dialog.tsx';
import { EditorNotices } from './editor-notices.tsx';
import type { FileDocument } from './file-document.ts';
import { applyTheme, monaco, type MonacoBuffer } from './monaco.ts';
import { StatusBar } from './status-bar.tsx';
import type { EditorTools } from './tools.ts';
import styles from './editor.module.css';

const ApplyDialog = lazyPart(
  async () => (await import('../manifests/apply-dialog.tsx')).ApplyDialog,
);

/** Where the cursor and the window on a file were, for when its tab is shown again. */
const viewStates = new Map<string, monaco.editor.ICodeEditorViewState | null>();

/** One code editor that shows the file at `path`. */
export function FileEditor({
  tools,
  path,
  cluster,
  close,
}: {
  readonly tools: EditorTools;
  readonly path: string;
  readonly cluster: ClusterFacade | undefined;
  readonly close: () => void;
}) {
  const document = tools.documents.get(path);
  return document ? (
    <DocumentEditor key={path} document={document} cluster={cluster} close={close} />
  ) : null;
}

function DocumentEditor({
  document,
  cluster,
  close,
}: {
  readonly document: FileDocument;
  readonly cluster: ClusterFacade | undefined;
  readonly close: () => void;
}) {
  const state = useSyncExternalStore(document.subscribe, document.state);
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<monaco.editor.IStandaloneCodeEditor>();
  const [tabMovesFocus, setTabMovesFocus] = useState(false);
  const [comparing, setComparing] = useState(false);
  const theme = useTheme();
  const { path } = document;
  const editable = state.status === 'ready' || state.status === 'missing';
  const { model } = document.buffer as MonacoBuffer;
  const manifest = useManifest(model, cluster);

  useEffect(() => applyTheme(theme), [theme]);

  useEffect(() => {
    if (!host.current || !editable) return undefined;
    const made = createCodeEditor(host.current, model, shortPath(path));
    made.restoreViewState(viewStates.get(path) ?? null);
    // An action and not a command, which Monaco keeps for ever, and with it the editor.
    const action = made.addAction({
      id: 'drydock.tab-moves-focus',
      label: 'Let Tab move the focus',
      keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyM],
      run: () => setTabMovesFocus((before) => !before),
    });
    setEditor(made);
    return () => {
      viewStates.set(path, made.saveViewState());
      setEditor(undefined);
      action.dispose();
      made.dispose();
    };
  }, [model, path, editable]);

  const { offer } = manifest;
  useEffect(() => {
    const action = editor?.addAction({
      id: 'drydock.save',
      label: 'Save',
      keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS],
      run: () => {
        void document.save();
        offer();
      },
    });
    return () => action?.dispose();
  }, [editor, document, offer]);

  useEffect(() => editor?.updateOptions({ tabFocusMode: tabMovesFocus }), [editor, tabMovesFocus]);

  return (
    <>
      <EditorNotices
        document={document}
        state={state}
        close={close}
        onCompare={() => setComparing(true)}
      />
      {editable && <div ref={host} className={styles['host']} data-path={path} />}
      {state.status === 'loading' && <Waiting text={`Opening ${baseName(path)}`} />}
      {(state.status === 'refused' || state.status === 'failed') && (
        <div className={styles['empty']} role="alert">
          <p>{state.reason}</p>
          <div>
            {state.status === 'failed' && (
              <Button onClick={() => void document.load()}>Try again</Button>
            )}{' '}
            <Button onClick={close}>Close</Button>
          </div>
        </div>
      )}
      {editable && (
        <StatusBar
          state={state}
          editor={editor}
          tabMovesFocus={tabMovesFocus}
          onTabMovesFocus={setTabMovesFocus}
          {...(manifest.isOne ? { onApply: manifest.offer } : {})}
        />
      )}
      {manifest.offered !== undefined && (
        <Suspense>
          <ApplyDialog {...manifest.offered} name={baseName(path)} onClose={manifest.close} />
        </Suspense>
      )}
      {comparing && state.conflict && (
        <CompareDialog
          document={document}
          theirs={state.conflict.theirs}
          onClose={() => setComparing(false)}
        />
      )}
    </>
  );
}
