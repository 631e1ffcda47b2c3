import purify from 'dompurify';
import { useMemo } from 'react';
import styles from './picture-view.module.css';

export interface PictureViewProps {
  readonly svg: string;
  readonly alternative: string;
}

/** A lesson's drawing, within the page so that it has the colours of the theme. */
export function PictureView({ svg, alternative }: PictureViewProps) {
  const clean = useMemo(
    () => ({ __html: purify.sanitize(svg, { USE_PROFILES: { svg: true } }) }),
    [svg],
  );
  return (
    <div
      role="img"
      aria-label={alternative}
      className={styles['picture']}
      dangerouslySetInnerHTML={clean}
    />
  );
}
