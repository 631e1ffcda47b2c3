import purify from 'dompurify';
import { useMemo } from 'react';
import styles from './lesson.module.css';

/** What Markdown became, cleaned once more of anything that could run. */
export function SafeHtml({ html, inline }: { readonly html: string; readonly inline?: boolean }) {
  const clean = useMemo(() => ({ __html: purify.sanitize(html) }), [html]);
  return inline ? (
    <span className={styles['inline']} dangerouslySetInnerHTML={clean} />
  ) : (
    <div className={styles['prose']} dangerouslySetInnerHTML={clean} />
  );
}
