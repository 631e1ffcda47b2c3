import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';
import { rememberFocus } from './remember-focus.ts';
import styles from './menu.module.css';

export type MenuItem =
  | 'separator'
  | {
      readonly label: string;
      readonly icon?: IconName;
      readonly shortcut?: string;
      /** makes it a check box (or, with `radio`, one of a choice) */
      readonly checked?: boolean;
      readonly radio?: boolean;
      readonly disabled?: boolean;
      readonly danger?: boolean;
      readonly onSelect: () => void;
    };

export interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** where the menu's top left corner goes, in client pixels; moved to stay inside the window */
  readonly at: { readonly x: number; readonly y: number };
  readonly onClose: () => void;
}

/** An open menu: render it to open, stop rendering it on `onClose`. Focus returns to where it was. */
export function Menu({ label, items, at, onClose }: MenuProps) {
  const menu = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = menu.current;
    if (!element) return;
    const giveBack = rememberFocus();
    element.showPopover();
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(4, Math.min(at.x, innerWidth - width - 4))}px`;
    element.style.top = `${Math.max(4, Math.min(at.y, innerHeight - height - 4))}px`;
    element.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
    return () => {
      if (document.activeElement === document.body || element.contains(document.activeElement))
        giveBack();
    };
  }, [at]);

  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [
      ...(menu.current?.querySelectorAll<HTMLElement>('button:not(:disabled)') ?? []),
    ];
    const index = buttons.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      buttons.at(step % buttons.length)?.focus();
    } else if (event.key === 'Tab') {
      event.preventDefault();
      onClose();
    } else if (event.key.length === 1 && /\S/.test(event.key)) {
      const letter = event.key.toLowerCase();
      const ordered = [...buttons.slice(index + 1), ...buttons.slice(0, index + 1)];
      ordered.find((button) => button.textContent.trim().toLowerCase().startsWith(letter))?.focus();
    }
  };

  return (
    <div
      ref={menu}
      popover="auto"
      role="menu"
      aria-label={label}
      tabIndex={-1}
      className={styles['menu']}
      onKeyDown={onKeyDown}
      onToggle={(event) => event.newState === 'closed' && onClose()}
    >
      {items.map((item, index) =>
        item === 'separator' ? (
          <hr key={index} className={styles['separator']} />
        ) : (
          <button
            key={item.label}
            type="button"
            role={
              item.checked === undefined
                ? 'menuitem'
                : item.radio
                  ? 'menuitemradio'
                  : 'menuitemcheckbox'
            }
            {...(item.checked === undefined ? {} : { 'aria-checked': item.checked })}
            tabIndex={-1}
            disabled={item.disabled}
            className={classNames(styles['item'], item.danger && styles['danger'])}
            onClick={() => {
              onClose();
              item.onSelect();
            }}
          >
            <span className={styles['slot']}>
              {item.checked ? <Icon name="check" /> : item.icon ? <Icon name={item.icon} /> : null}
            </span>
            <span className={styles['label']}>{item.label}</span>
            {item.shortcut && <span className={styles['shortcut']}>{item.shortcut}</span>}
          </button>
        ),
      )}
    </div>
  );
}

/** An icon button that opens a menu below itself. */
export function MenuButton({
  icon,
  label,
  items,
  small,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly small?: boolean;
}) {
  const [at, setAt] = useState<{ x: number; y: number }>();
  return (
    <>
      <IconButton
        icon={icon}
        label={label}
        {...(small ? { small } : {})}
        aria-haspopup="menu"
        aria-expanded={at !== undefined}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          setAt((open) => (open ? undefined : { x: box.left, y: box.bottom + 4 }));
        }}
      />
      {at && <Menu label={label} items={items} at={at} onClose={() => setAt(undefined)} />}
    </>
  );
}
