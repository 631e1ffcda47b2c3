import './frame-policy.ts';
import '../ui/tokens.css';
import '../ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { keepWhatIsLeft } from './keep-what-is-left.ts';
import { LabSession } from './lab-session.ts';

// The machine starts before the page is drawn: both take their time.
const session = new LabSession();
void session.start();
const autoSave = keepWhatIsLeft(session);

const element = document.getElementById('app');
if (element) {
  createRoot(element).render(
    <StrictMode>
      <ErrorBoundary part="The page">
        <App session={session} autoSave={autoSave} />
      </ErrorBoundary>
    </StrictMode>,
  );
}
