const CONTROLS = 'a[href], button, input, select, textarea';

/**
 * Remembers what has the focus. @returns gives it back. When it is gone meanwhile and nothing else has taken the focus, what
 * was nearest around it gets it, or a control there: who uses the keyboard does not begin at the top again.
 */
export function rememberFocus(): () => void {
  const way: HTMLElement[] = [];
  let element = document.activeElement;
  for (
    ;
    element instanceof HTMLElement && element !== document.body;
    element = element.parentElement
  )
    way.push(element);
  return () => {
    const [before, ...around] = way;
    if (before === undefined || takesFocus(before)) return;
    if (document.activeElement !== document.body) return;
    for (const part of around) {
      if (!part.isConnected) continue;
      if (takesFocus(part)) return;
      for (const control of part.querySelectorAll<HTMLElement>(CONTROLS))
        if (takesFocus(control)) return;
    }
  };
}

/** The browser knows best what can have it: not what is gone, hidden or disabled. */
function takesFocus(element: HTMLElement): boolean {
  element.focus();
  return document.activeElement === element;
}
