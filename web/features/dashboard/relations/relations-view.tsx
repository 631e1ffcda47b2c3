import { useEffect, useRef } from 'react';
import type { ObjectName, Resource } from '../../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../../engine/objects/kubernetes-object.ts';
import { classNames } from '../../../ui/class-names.ts';
import { Waiting } from '../../../ui/waiting.tsx';
import { Unanswered } from '../unanswered.tsx';
import { layOut, nameOf, nameParts, NODE, sentencesOf, type Placed } from './graph-layout.ts';
import type { RelatedObject, Relations } from './relations.ts';
import { useRelations } from './use-relations.ts';
import styles from './relations.module.css';

export interface RelationsViewProps {
  /** that may have to do with the object */
  readonly kinds: readonly Resource<KubernetesObject>[];
  readonly resource: Resource<KubernetesObject>;
  readonly name: ObjectName;
  readonly onOpen: (resource: Resource<KubernetesObject>, name: ObjectName) => void;
}

/** What owns an object and what it owns, what selects or names it, and what it selects and names: drawn, and in words. */
export function RelationsView({ kinds, resource, name, onOpen }: RelationsViewProps) {
  const { group, kind } = resource;
  const { relations, problem } = useRelations(kinds, {
    group,
    kind,
    namespace: name.namespace ?? '',
    name: name.name ?? '',
  });
  return (
    <Unanswered problem={problem} isOld={relations !== undefined}>
      {relations === undefined ? (
        <Waiting text="Asking the API server for what belongs to it" />
      ) : (
        <Graph relations={relations} kinds={kinds} onOpen={onOpen} />
      )}
    </Unanswered>
  );
}

interface GraphProps extends Pick<RelationsViewProps, 'kinds' | 'onOpen'> {
  readonly relations: Relations;
}

function Graph({ relations, kinds, onOpen }: GraphProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [middle] = relations.objects;
  const { width, height, placed, lines, left } = layOut(relations);
  const middleX = placed.find(({ object }) => object === middle)?.x ?? 0;
  useEffect(() => {
    const { clientWidth = 0 } = scroller.current ?? {};
    scroller.current?.scrollTo({ left: middleX + (NODE.width - clientWidth) / 2 });
  }, [middleX]);
  const sentences = sentencesOf(
    lines.map(({ relation }) => relation),
    relations.objects,
  );
  const open = (object: RelatedObject) => {
    const its = kinds.find((each) => each.group === object.group && each.kind === object.kind);
    if (its === undefined || !object.exists || object === middle) return undefined;
    const { namespace } = object;
    return () => onOpen(its, { name: object.name, ...(namespace !== '' && { namespace }) });
  };
  return (
    <>
      <p className={styles['legend']}>
        <span data-how="owns">owns</span>
        <span data-how="selects">selects by labels</span>
        <span data-how="names">refers to</span>
      </p>
      <div ref={scroller} className={styles['scroller']}>
        <div className={styles['graph']} style={{ width, height }}>
          <svg width={width} height={height} aria-hidden="true">
            {lines.map(({ relation, path }) => (
              <path
                key={`${relation.from} ${relation.words} ${relation.to}`}
                data-how={relation.how}
                d={path}
              />
            ))}
          </svg>
          <ul aria-label="Objects">
            {placed.map((each) => (
              <Node
                key={each.object.key}
                placed={each}
                isMiddle={each.object === middle}
                onOpen={open(each.object)}
              />
            ))}
          </ul>
        </div>
      </div>
      {left > 0 && <p>{left} more objects are left out here.</p>}
      {sentences.length === 0 ? (
        <p>Nothing owns it or refers to it, and it refers to nothing.</p>
      ) : (
        <ul className={styles['sentences']} aria-label="In words">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Node({
  placed: { object, x, y },
  isMiddle,
  onOpen,
}: {
  readonly placed: Placed;
  readonly isMiddle: boolean;
  readonly onOpen: (() => void) | undefined;
}) {
  const style = { left: x, top: y, width: NODE.width, height: NODE.height };
  const [beginning, end] = nameParts(object.name);
  const text = (
    <>
      <span className="visually-hidden">{nameOf(object)}</span>
      <small aria-hidden="true">{object.exists ? object.kind : `${object.kind}, not there`}</small>
      <span aria-hidden="true" className={styles['name']}>
        <span>{beginning}</span>
        <span>{end}</span>
      </span>
    </>
  );
  return (
    <li style={style} aria-current={isMiddle ? 'true' : undefined}>
      {onOpen === undefined ? (
        <span
          className={classNames(styles['node'], !object.exists && styles['missing'])}
          title={nameOf(object)}
        >
          {text}
        </span>
      ) : (
        <button type="button" className={styles['node']} title={nameOf(object)} onClick={onOpen}>
          {text}
        </button>
      )}
    </li>
  );
}
