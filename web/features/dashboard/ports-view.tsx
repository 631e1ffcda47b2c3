import { useEffect, useId, useMemo, useState, type FormEvent } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { Resource, Stored } from '../../../engine/client/resource.ts';
import type { Service } from '../../../engine/objects/generated/core-v1.generated.ts';
import { Button } from '../../ui/button.tsx';
import { PageFrame } from '../preview/page-frame.tsx';
import { previewGateway } from '../preview/preview-gateway.ts';
import { showPort } from '../preview/wanted-port.ts';
import { useCluster } from './cluster-client.ts';
import type { AnyObject } from './object-actions.ts';
import { namedPorts, proxiedPorts } from './proxied-ports.ts';
import styles from './dashboard.module.css';

export interface PortsViewProps {
  readonly resource: Resource<AnyObject>;
  readonly object: Stored<AnyObject>;
}

/** The page that a Pod or a Service serves at a port. */
export function PortsView({ resource, object }: PortsViewProps) {
  const cluster = useCluster();
  const id = useId();
  const { name, uid, namespace = '' } = object.metadata;
  const named = namedPorts(object);
  const [port, setPort] = useState(named[0] ?? 80);
  const [opened, setOpened] = useState<number>();
  const machine = useMemo(
    () => proxiedPorts((request) => cluster.api(request), resource, { name, namespace, uid }),
    [cluster, resource, name, namespace, uid],
  );
  useEffect(() => previewGateway().use(machine), [machine]);
  const open = (event: FormEvent) => {
    event.preventDefault();
    setOpened(port);
  };
  return (
    <>
      <form className={styles['actions']} onSubmit={open}>
        <label htmlFor={id}>Port</label>
        <input
          id={id}
          type="number"
          required
          min={1}
          max={65_535}
          list={`${id}-named`}
          value={Number.isNaN(port) ? '' : port}
          onChange={({ target }) => setPort(target.valueAsNumber)}
        />
        <datalist id={`${id}-named`}>
          {named.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </datalist>
        <Button small type="submit" icon="globe">
          Show its page
        </Button>
        {nodePorts(cluster, object).map((wanted) => (
          <Button
            key={wanted.port}
            small
            icon="external"
            onClick={() => showPort(wanted)}
          >{`Preview of ${wanted.machine}:${wanted.port}`}</Button>
        ))}
      </form>
      {opened === undefined ? (
        <p className={styles['count']}>
          Its page comes through the API server, as with <code>kubectl proxy</code>, from{' '}
          <code>
            /api/v1/namespaces/{namespace}/{resource.plural}/{name}:{port}/proxy/
          </code>
        </p>
      ) : (
        <div className={styles['page']}>
          <PageFrame
            key={opened}
            machine={machine}
            port={opened}
            open={{
              port: opened,
              containerPort: opened,
              protocol: 'tcp',
              container: name,
              image: '',
            }}
          />
        </div>
      )}
    </>
  );
}

/** Where nodes answer for a Service: at the first one that runs. */
function nodePorts(cluster: ClusterFacade, object: Stored<AnyObject>) {
  const node = cluster.state().nodes.find(({ machine }) => machine.kind === 'running');
  const { ports = [] } = (object as Service).spec ?? {};
  return ports.flatMap(({ nodePort, protocol = 'TCP' }) =>
    node === undefined || nodePort === undefined || protocol !== 'TCP'
      ? []
      : { machine: node.name, port: nodePort },
  );
}
