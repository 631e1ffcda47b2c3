import { useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { Group, Panel as Pane, Separator, useDefaultLayout } from 'react-resizable-panels';
import { Icon, type IconName } from '../ui/icon.tsx';
import { PanelNameShown } from '../ui/panel.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { KeptView, ViewPlace } from './kept-view.tsx';
import { layoutStorage } from './layout-storage.ts';
import styles from './workspace.module.css';

export type View = 'guide' | 'files' | 'editor' | 'terminal' | 'preview' | 'machine' | 'cluster';

export type LowerView = Extract<View, 'preview' | 'machine' | 'cluster'>;

const lowerViews: readonly LowerView[] = ['preview', 'machine', 'cluster'];

export interface WorkspaceProps {
  /** the guide is what stands beside the machine, such as a lesson; without one there is no pane for it */
  readonly views: Readonly<Record<Exclude<View, 'guide'>, ReactNode>> & {
    readonly guide?: ReactNode;
  };
  /** what the guide is now, in a word */
  readonly guide: string;
  /** the one view a narrow page shows */
  readonly single: View;
  /** what a wide page shows below the terminal */
  readonly lower: LowerView;
  readonly onShow: (view: View) => void;
  readonly narrow: boolean;
}

/** Files and editor beside terminal and preview, with dividers; on a narrow page one at a time. A view goes on as it is when the layout changes. */
export function Workspace({ views, ...props }: WorkspaceProps) {
  const [kept] = useState(keepViews);
  const Layout = props.narrow ? NarrowWorkspace : WideWorkspace;
  const places = {
    guide: views.guide === undefined ? undefined : <ViewPlace view={kept.guide} />,
    files: <ViewPlace view={kept.files} />,
    editor: <ViewPlace view={kept.editor} />,
    terminal: <ViewPlace view={kept.terminal} />,
    preview: <ViewPlace view={kept.preview} />,
    machine: <ViewPlace view={kept.machine} />,
    cluster: <ViewPlace view={kept.cluster} />,
  };
  return (
    <>
      <Layout {...props} views={places} />
      {allViews.map(({ view }) =>
        createPortal(
          <PanelNameShown value={isNameShown(view, props.narrow)}>{views[view]}</PanelNameShown>,
          kept[view].element,
          view,
        ),
      )}
    </>
  );
}

/** Of a wide page, the tabs below the terminal say it; of a narrow one the bar does, which says “Lesson”, and not which one. */
function isNameShown(view: View, narrow: boolean): boolean {
  return narrow ? view !== 'guide' : lowerViews.some((lower) => lower === view);
}

function keepViews(): Readonly<Record<View, KeptView>> {
  return {
    guide: new KeptView(),
    files: new KeptView(),
    editor: new KeptView(),
    terminal: new KeptView(),
    preview: new KeptView(),
    machine: new KeptView(),
    cluster: new KeptView(),
  };
}

type LayoutProps = Omit<WorkspaceProps, 'narrow'>;

function useLayout(id: string) {
  return useDefaultLayout({
    id: `drydock.layout.${id}`,
    storage: layoutStorage,
    onlySaveAfterUserInteractions: true,
  });
}

function WideWorkspace({ views, guide, lower, onShow }: LayoutProps) {
  const hasGuide = views.guide !== undefined;
  const columns = useLayout(hasGuide ? 'columns-with-guide' : 'columns');
  const side = useLayout('side');
  const work = useLayout('work');

  return (
    <Group key={String(hasGuide)} orientation="horizontal" {...columns} className={styles['wide']}>
      {hasGuide && (
        <>
          <Pane id="guide" minSize={260} defaultSize="30%">
            <div className={styles['pane']} data-pane="guide">
              {views.guide}
            </div>
          </Pane>
          <Divider label={`Width: ${guide.toLowerCase()}`} />
        </>
      )}
      <Pane id="side" minSize="18%" defaultSize={hasGuide ? '34%' : '44%'}>
        <Group orientation="horizontal" {...side}>
          <Pane
            id="files"
            minSize={120}
            defaultSize={184}
            groupResizeBehavior="preserve-pixel-size"
            collapsible
            collapsedSize={0}
          >
            <div className={styles['pane']} data-pane="files">
              {views.files}
            </div>
          </Pane>
          <Divider label="Width of the file tree" />
          <Pane id="editor" minSize="25%">
            <div className={styles['pane']} data-pane="editor">
              {views.editor}
            </div>
          </Pane>
        </Group>
      </Pane>
      <Divider label="Width of files and editor" />
      <Pane id="work" minSize="25%">
        <Group orientation="vertical" {...work}>
          <Pane id="terminal" minSize="15%" defaultSize="58%">
            <div className={styles['pane']} data-pane="terminal">
              {views.terminal}
            </div>
          </Pane>
          <Divider label="Height of the terminal" />
          <Pane id="lower" minSize="10%">
            <div className={styles['pane']} data-pane="lower">
              <div className={styles['lowerTabs']}>
                <Tabs
                  label="Preview, machine and cluster"
                  items={[
                    { id: 'preview', label: 'Preview', mark: <Icon name="globe" /> },
                    { id: 'machine', label: 'Machine', mark: <Icon name="machine" /> },
                    { id: 'cluster', label: 'Cluster', mark: <Icon name="cluster" /> },
                  ]}
                  selected={lower}
                  onSelect={(id) => onShow(lowerViews.find((view) => view === id) ?? 'preview')}
                  panelId={(id) => `lower-${id}`}
                />
              </div>
              {lowerViews.map((view) => (
                <div
                  key={view}
                  id={`lower-${view}`}
                  role="tabpanel"
                  aria-label={view}
                  hidden={lower !== view}
                  className={styles['lowerPanel']}
                >
                  {views[view]}
                </div>
              ))}
            </div>
          </Pane>
        </Group>
      </Pane>
    </Group>
  );
}

function Divider({ label }: { readonly label: string }) {
  return <Separator className={styles['divider']} aria-label={label} />;
}

const allViews: readonly {
  readonly view: View;
  readonly label: string;
  readonly icon: IconName;
}[] = [
  { view: 'guide', label: 'Home', icon: 'book' },
  { view: 'files', label: 'Files', icon: 'folder' },
  { view: 'editor', label: 'Editor', icon: 'code' },
  { view: 'terminal', label: 'Terminal', icon: 'terminal' },
  { view: 'preview', label: 'Preview', icon: 'globe' },
  { view: 'machine', label: 'Machine', icon: 'machine' },
  { view: 'cluster', label: 'Cluster', icon: 'cluster' },
];

function NarrowWorkspace({ views, guide, single, onShow }: LayoutProps) {
  const shown = allViews.filter(({ view }) => view !== 'guide' || views.guide !== undefined);
  return (
    <div className={styles['narrow']}>
      <div className={styles['stage']}>
        {shown.map(({ view }) => (
          <div
            key={view}
            className={styles['narrowPane']}
            data-pane={view}
            hidden={single !== view}
          >
            {views[view]}
          </div>
        ))}
      </div>
      <nav aria-label="Panes" className={styles['nav']}>
        {shown.map(({ view, label, icon }) => (
          <button
            key={view}
            type="button"
            aria-current={single === view ? 'page' : undefined}
            className={styles['navItem']}
            onClick={() => onShow(view)}
          >
            <Icon name={icon} size={20} />
            {view === 'guide' ? guide : label}
          </button>
        ))}
      </nav>
    </div>
  );
}
