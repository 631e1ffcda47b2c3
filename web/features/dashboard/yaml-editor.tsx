import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Stored } from '../../../engine/client/resource.ts';
import { Button } from '../../ui/button.tsx';
import { useTheme } from '../../ui/theme.ts';
import { changedPart } from '../editor/changed-part.ts';
import { createCodeEditor, editorLabel } from '../editor/code-editor.ts';
import { applyTheme, monaco } from '../editor/monaco.ts';
import { followManifest } from '../manifests/yaml-service.ts';
import { useClient } from './cluster-client.ts';
import { toYaml, type AnyObject } from './object-actions.ts';
import styles from './dashboard.module.css';

export interface YamlEditorProps {
  readonly object: Stored<AnyObject>;
  /** what somebody made of it, and did not apply yet */
  readonly draft: string | undefined;
  readonly onDraft: (draft: string | undefined) => void;
  readonly onApply: () => void;
}

/** An object as YAML, judged by what the API server says of its kind. Follows the object until somebody types. */
export function YamlEditor({ object, draft, onDraft, onApply }: YamlEditorProps) {
  const client = useClient();
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<monaco.editor.IStandaloneCodeEditor>();
  const theme = useTheme();
  const { uid } = object.metadata;
  const text = draft ?? toYaml(object);
  const label = draft === undefined ? 'As the API server has it' : 'Changed here';
  /** for the editor, which outlives a rendering */
  const latest = useRef({ text, onDraft, onApply });
  useLayoutEffect(() => void (latest.current = { text, onDraft, onApply }));

  useEffect(() => applyTheme(theme), [theme]);

  useEffect(() => {
    if (!host.current) return undefined;
    const uri = monaco.Uri.from({ scheme: 'object', path: `/${uid}.yaml` });
    const model = monaco.editor.createModel(latest.current.text, 'yaml', uri);
    const made = createCodeEditor(host.current, model, '');
    const stop = followManifest(model, client);
    const typing = model.onDidChangeContent(() => {
      const typed = model.getValue();
      if (typed !== latest.current.text) latest.current.onDraft(typed);
    });
    const action = made.addAction({
      id: 'drydock.apply',
      label: 'Apply',
      keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS],
      run: () => latest.current.onApply(),
    });
    setEditor(made);
    return () => {
      setEditor(undefined);
      action.dispose();
      typing.dispose();
      stop();
      made.dispose();
      model.dispose();
    };
  }, [client, uid]);

  useEffect(() => editor?.updateOptions({ ariaLabel: editorLabel(label) }), [editor, label]);

  const isChanged = draft !== undefined;
  // At once with the rendering, so that nothing is typed in between.
  useLayoutEffect(() => {
    const model = editor?.getModel();
    const before = model?.getValue();
    if (isChanged || !model || before === undefined || before === text) return;
    const part = changedPart(before, text);
    const [start, end] = [model.getPositionAt(part.from), model.getPositionAt(part.to)];
    // What the API server did is not undone by a key; and what was discarded is gone.
    if (model.canUndo()) model.setValue(text);
    else model.applyEdits([{ range: monaco.Range.fromPositions(start, end), text: part.text }]);
  }, [editor, isChanged, text]);
  return (
    <>
      <div className={styles['actions']}>
        <span>{label}</span>
        <Button small variant="primary" disabled={!isChanged} onClick={onApply}>
          Apply
        </Button>
        <Button small disabled={!isChanged} onClick={() => onDraft(undefined)}>
          Discard
        </Button>
      </div>
      <div ref={host} className={styles['yaml']} />
    </>
  );
}
