import { Component, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import styles from './error-boundary.module.css';

interface Props {
  /** what the learner loses sight of, such as `The editor` */
  readonly part: string;
  readonly children: ReactNode;
}

/** Keeps a failure of one part of the page to that part. */
export class ErrorBoundary extends Component<Props, { readonly error?: Error | undefined }> {
  override state: { readonly error?: Error | undefined } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div role="alert" className={styles['box']}>
        <p>
          <strong>{this.props.part} stopped working.</strong> The rest of the page goes on; your
          machine keeps running.
        </p>
        <p className={styles['detail']}>{error.message}</p>
        <Button icon="reload" onClick={() => this.setState(() => ({ error: undefined }))}>
          Show it again
        </Button>
      </div>
    );
  }
}
