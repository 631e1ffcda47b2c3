import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Glossary, Term } from '../../../lessons/glossary.ts';
import { classNames } from '../../ui/class-names.ts';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { readGlossary } from '../lesson/course.ts';
import { SafeHtml } from '../lesson/safe-html.tsx';
import { GuidePanel, type GuidePageProps } from './guide-panel.tsx';
import styles from './guide.module.css';

/** All terms with what they mean, in the order of the alphabet. */
export function GlossaryPanel({
  term,
  ...page
}: GuidePageProps & {
  /** id of the one to show */
  readonly term: string | undefined;
}) {
  const [glossary, setGlossary] = useState<Glossary>();
  const [problem, setProblem] = useState<string>();
  const [wanted, setWanted] = useState('');
  const id = useId();
  useEffect(() => {
    readGlossary().then(setGlossary, (error: unknown) => setProblem(messageOf(error)));
  }, []);
  const terms = useMemo(
    () =>
      [...(glossary?.values() ?? [])].toSorted((one, other) => one.name.localeCompare(other.name)),
    [glossary],
  );
  const said = wanted.trim().toLowerCase();
  const found = terms.filter(
    ({ name, text }) => name.toLowerCase().includes(said) || text.toLowerCase().includes(said),
  );
  return (
    <GuidePanel title="Glossary" {...page}>
      {problem !== undefined && <p role="alert">{problem}</p>}
      {glossary === undefined && problem === undefined && <Waiting text="The terms are loading" />}
      {glossary && (
        <>
          <label htmlFor={id}>Find a term</label>
          <input
            id={id}
            type="search"
            className={styles['find']}
            value={wanted}
            onChange={({ target }) => setWanted(target.value)}
          />
          <p role="status" className="visually-hidden">
            {said === '' ? '' : `${found.length} terms`}
          </p>
          {found.length === 0 && <p>There is no such term. Try another word.</p>}
          <dl>
            {found.map((one) => (
              <Entry key={one.id} term={one} glossary={glossary} chosen={one.id === term} />
            ))}
          </dl>
        </>
      )}
    </GuidePanel>
  );
}

function Entry({
  term: { name, html, see },
  glossary,
  chosen,
}: {
  readonly term: Term;
  readonly glossary: Glossary;
  readonly chosen: boolean;
}) {
  const entry = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) entry.current?.scrollIntoView({ block: 'center' });
  }, [chosen]);
  return (
    <div ref={entry} className={classNames(styles['term'], chosen && styles['chosen'])}>
      <dt>{name}</dt>
      <dd>
        <SafeHtml html={`<p>${html}</p>`} />
        {see.length > 0 && (
          <p className={styles['see']}>
            See{' '}
            {see.map((other, index) => (
              <span key={other}>
                {index > 0 && ', '}
                <a href={`#/glossary/${other}`}>{glossary.get(other)?.name}</a>
              </span>
            ))}
          </p>
        )}
      </dd>
    </div>
  );
}
