import { createContext, use, type ReactNode } from 'react';
import { problemSentences, type Problem } from './problem.ts';
import styles from './dashboard.module.css';

/** Whether it is told already, further up. */
const Told = createContext(false);

/**
 * Tells above its children why they are old, or not there yet; that goes when the API server tells of them again. Told once: what
 * is inside of another one that tells it does not tell it again.
 */
export function Unanswered({
  problem,
  isOld,
  children,
}: {
  /** why a request failed */
  readonly problem: Problem | undefined;
  /** there is something to see, as it was before */
  readonly isOld: boolean;
  readonly children: ReactNode;
}) {
  const isTold = use(Told);
  return (
    <>
      {problem !== undefined && !isTold && (
        <p role="alert" className={styles['problem']}>
          {problemSentences(problem, isOld)}
        </p>
      )}
      <Told value={isTold || problem !== undefined}>{children}</Told>
    </>
  );
}
