/** What went wrong with an exchange, in words: what happened, why, and what to do next. */
import type { FailureCode } from './messages.ts';

interface Explanation {
  readonly title: string;
  readonly text: string;
  readonly advice: readonly string[];
}

function explainFailure(code: FailureCode, port: number, detail = ''): Explanation {
  switch (code) {
    case 'CONNECTION_REFUSED':
      return {
        title: `Nothing answers on port ${port}`,
        text: 'The machine refused the connection: no program is listening there at the moment.',
        advice: [
          'A container may still be starting. This page tries again by itself.',
          'See whether it runs and which ports it publishes: docker ps',
          'If it stopped, read why: docker logs NAME',
        ],
      };
    case 'NOT_HTTP':
      return {
        title: `Port ${port} does not speak HTTP`,
        text: 'A program answered, but not with a web page. Databases and other services have protocols of their own.',
        advice: [
          'Use a client made for that service in the terminal.',
          `Look at the raw answer: nc localhost ${port}`,
        ],
      };
    case 'CLOSED_EARLY':
      return {
        title: 'The connection was closed before an answer came',
        text: 'The program accepted the connection and hung up. Often it is still starting, or it crashed on this request.',
        advice: [
          'This page tries again by itself.',
          'Read what the program says: docker logs NAME',
          'In the container it must listen on 0.0.0.0, not on 127.0.0.1, to be reached from outside.',
        ],
      };
    case 'NOT_RUNNING':
      return {
        title: 'The machine is not running',
        text: 'It is paused, stopped or still starting, so nothing on it can answer.',
        advice: ['Resume or start the machine. This page loads again when it runs.'],
      };
    case 'LAB_GONE':
      return {
        title: 'The tab with the machine is not open',
        text: 'Previews are answered by the machine, and the machine lives in the tab where it was started.',
        advice: ['Open that tab again and start the machine, then reload this page.'],
      };
    case 'UNKNOWN':
      return {
        title: 'This page could not be loaded',
        text: detail || 'The exchange with the machine failed.',
        advice: [
          'Reload the page. If it happens again, look at the logs of the container: docker logs NAME',
        ],
      };
  }
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escape = (text: string) =>
  text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);

/** Reads as a line with a command when it ends in `: command`. */
function adviceItem(advice: string): string {
  const match = /^(.*: )((?:docker|nc) .*)$/.exec(advice);
  return match ? `${escape(match[1] ?? '')}<code>${escape(match[2] ?? '')}</code>` : escape(advice);
}

const style = `
:root{color-scheme:light dark;--b:#fff;--t:#15242a;--m:#4d5f66;--c:#f2f5f5;--l:#d3dbdd}
@media (prefers-color-scheme:dark){:root{--b:#141d22;--t:#dbe5e8;--m:#9db0b8;--c:#10181c;--l:#26343b}}
body{margin:0;min-height:100vh;display:grid;place-content:center;padding:2rem;box-sizing:border-box;background:var(--b);color:var(--t);font:15px/1.5 system-ui,sans-serif}
main{max-width:34rem}h1{font-size:1.25rem;margin:0 0 .5rem}p,li{color:var(--m)}ul{padding-left:1.2rem}li{margin:.4rem 0}
code{white-space:nowrap;font:.92em ui-monospace,Menlo,Consolas,monospace;background:var(--c);border:1px solid var(--l);border-radius:4px;padding:.1em .4em;color:var(--t)}
a{color:inherit}`;

function page(title: string, inner: string, attributes = ''): string {
  return `<!doctype html><html lang="en"${attributes}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${style}</style></head><body><main>${inner}</main></body></html>`;
}

/** A page without scripts. `data-drydock-failure` tells the bridge what it is. */
export function failurePage(code: FailureCode, port: number, detail: string): string {
  const { title, text, advice } = explainFailure(code, port, detail);
  return page(
    title,
    `<h1>${escape(title)}</h1><p>${escape(text)}</p><ul>${advice.map((item) => `<li>${adviceItem(item)}</li>`).join('')}</ul>`,
    ` data-drydock-failure="${code}"`,
  );
}

/** Shown instead of following a redirect to a place outside the machine. */
export function leavingPage(url: string): string {
  const target = escape(url);
  return page(
    'This page leads out of the machine',
    `<h1>This page leads out of the machine</h1><p>It redirects to <a href="${target}" target="_blank" rel="noopener noreferrer">${target}</a>. The preview shows only what the machine serves; the link opens in a new tab.</p>`,
  );
}
