/** Moves the focus between panes: elements with `data-pane` that can be seen, in document order. */
export function focusNextPane(step: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    (pane) => pane.checkVisibility() && focusTarget(pane),
  );
  const index = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes.at(index < 0 ? 0 : (index + step) % panes.length);
  if (next) focusTarget(next)?.focus();
}

/** Of several names, the first that a pane has: a narrow page has others than a wide one. */
export function focusPane(...names: readonly string[]): void {
  for (const name of names) {
    const pane = document.querySelector<HTMLElement>(`[data-pane="${name}"]`);
    if (!pane) continue;
    focusTarget(pane)?.focus();
    return;
  }
}

/** Where one types or chooses in a pane, else its first control. */
function focusTarget(pane: HTMLElement): HTMLElement | undefined {
  const preferred = [
    '.xterm-helper-textarea',
    '.monaco-editor textarea, .monaco-editor .native-edit-context',
    '[role="treeitem"][tabindex="0"], [role="tree"][tabindex="0"]',
  ];
  const controls =
    'button:not(:disabled), a[href], input:not(:disabled), select, textarea, iframe, [tabindex="0"]';
  for (const selector of [...preferred, controls]) {
    for (const element of pane.querySelectorAll<HTMLElement>(selector)) {
      if (
        element.checkVisibility() &&
        !element.closest('[inert], [aria-hidden="true"]') &&
        element.tabIndex >= 0
      )
        return element;
    }
  }
  return undefined;
}
