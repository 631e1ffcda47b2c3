import { createContext, use, type ReactNode } from 'react';
import styles from './dashboard.module.css';

/** Whether it is told already, further up. */
const Told = createContext(false);

/**
 * Tells above its children why they are old, or not there yet; that goes when the API server has answered. Told once: what
 * is inside of another one that tells it does not tell it again.
 */
export function Unanswered({
  problem,
  isOld,
  children,
}: {
  /** what a request failed with */
  readonly problem: string | undefined;
  /** there is something to see, as it was before */
  readonly isOld: boolean;
  readonly children: ReactNode;
}) {
  const isTold = use(Told);
  return (
    <>
      {problem !== undefined && !isTold && (
        <p role="alert" className={styles['problem']}>
          The API server does not answer: {problem.replace(/\.$/, '')}.{' '}
          {isOld && 'What you see is how it was last. '}
          It is asked again by itself. If it stays away, look under Machines whether kube-apiserver
          runs.
        </p>
      )}
      <Told value={isTold || problem !== undefined}>{children}</Told>
    </>
  );
}
