import { useRef, type KeyboardEvent, type ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Icon } from './icon.tsx';
import styles from './tabs.module.css';

interface TabItem {
  readonly id: string;
  readonly label: string;
  /** before the label: an icon, or a dot for unsaved text */
  readonly mark?: ReactNode;
  /** read after the label, such as `unsaved` */
  readonly hint?: string;
}

export interface TabsProps {
  readonly label: string;
  readonly items: readonly TabItem[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
  /** shows a close button on each tab; the Delete key closes the focused one */
  readonly onClose?: (id: string) => void;
  readonly onRename?: (id: string) => void;
  /** `id` of the element a tab controls */
  readonly panelId?: (id: string) => string;
}

/** A tab list after the ARIA authoring practices: arrows, Home and End move and select. */
export function Tabs({ label, items, selected, onSelect, onClose, onRename, panelId }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const last = items.length - 1;
    const targets: Record<string, number> = {
      ArrowRight: index === last ? 0 : index + 1,
      ArrowLeft: index === 0 ? last : index - 1,
      Home: 0,
      End: last,
    };
    const current = items[index];
    const target = items[targets[event.key] ?? -1];
    if (target) {
      event.preventDefault();
      onSelect(target.id);
      list.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(target.id)}"]`)?.focus();
    } else if (event.key === 'Delete' && onClose && current) {
      event.preventDefault();
      onClose(current.id);
    } else if (event.key === 'F2' && onRename && current) {
      event.preventDefault();
      onRename(current.id);
    }
  };

  return (
    <div ref={list} role="tablist" aria-label={label} className={styles['tabs']}>
      {items.map((item, index) => (
        <div
          key={item.id}
          role="presentation"
          className={classNames(
            styles['tab'],
            item.id === selected && styles['selected'],
            onClose && styles['closable'],
          )}
        >
          <button
            type="button"
            role="tab"
            data-tab={item.id}
            aria-selected={item.id === selected}
            aria-controls={panelId?.(item.id)}
            tabIndex={item.id === selected ? 0 : -1}
            className={styles['label']}
            title={item.label}
            onClick={() => onSelect(item.id)}
            onDoubleClick={() => onRename?.(item.id)}
            onKeyDown={(event) => onKeyDown(event, index)}
            onAuxClick={(event) => event.button === 1 && onClose?.(item.id)}
          >
            {item.mark}
            <span className={styles['text']}>{item.label}</span>
            {item.hint && <span className="visually-hidden">, {item.hint}</span>}
          </button>
          {onClose && (
            // The Delete key on the tab does the same, so this stays out of the tab order and of the tab list's children.
            <button
              type="button"
              aria-hidden="true"
              tabIndex={-1}
              className={styles['close']}
              title={`Close ${item.label}`}
              onClick={() => onClose(item.id)}
            >
              <Icon name="close" size={12} />
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
