/** Completion, hover and diagnostics for manifests, by monaco-yaml with the schemas of the cluster's API server. */
import { configureMonacoYaml, type MonacoYaml, type SchemasSettings } from 'monaco-yaml';
import YamlWorker from 'monaco-yaml/yaml.worker?worker';
import type { Client } from '../../../engine/client/client.ts';
import { monaco } from '../editor/monaco.ts';
import { ManifestSchemas } from './manifest-schema.ts';
import { kindsIn } from './manifest-text.ts';

/** milliseconds after the last key press until the kinds in a text are looked at */
const LOOK_DELAY = 400;
/** milliseconds until an API server that did not answer is asked again */
const AWAY_DELAY = 3000;

/** What monaco-yaml asks of Monaco: it starts its worker as Monaco once did, by a label. */
interface LabelledWorker {
  readonly createData?: unknown;
}

const forYaml = {
  ...monaco,
  editor: {
    ...monaco.editor,
    createWebWorker({ createData }: LabelledWorker) {
      const worker = new YamlWorker();
      // The first message wakes it, the second one configures it.
      worker.postMessage('start');
      worker.postMessage(createData);
      return monaco.editor.createWebWorker({ worker });
    },
  },
};

let service: MonacoYaml | undefined;
const schemas = new Map<string, SchemasSettings>();

async function setSchema(uri: string, schema: SchemasSettings | undefined): Promise<void> {
  if (schema === undefined) schemas.delete(uri);
  else schemas.set(uri, schema);
  const options = { schemas: [...schemas.values()], format: { enable: false } };
  if (service === undefined) service = configureMonacoYaml(forYaml as never, options);
  else await service.update(options);
}

/** Judges the text of a model by what the cluster serves, whatever kinds it comes to have, until it is stopped. */
export function followManifest(model: monaco.editor.ITextModel, client: Client): () => void {
  const uri = model.uri.toString();
  const served = new ManifestSchemas(client);
  let known = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const look = async () => {
    const kinds = kindsIn(model.getValue());
    const text = JSON.stringify(kinds);
    if (text === known) return;
    known = text;
    if (kinds.length === 0) return setSchema(uri, undefined);
    try {
      const schema = await served.schemaFor(kinds);
      if (!stopped && text === known)
        await setSchema(uri, { uri: `schema:${model.uri.path}`, fileMatch: [uri], schema });
    } catch {
      // The API server is away, or not there yet.
      known = '';
      lookIn(AWAY_DELAY);
    }
  };
  const lookIn = (delay: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void look(), delay);
  };
  const subscription = model.onDidChangeContent(() => lookIn(LOOK_DELAY));
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
    subscription.dispose();
    if (schemas.has(uri)) void setSchema(uri, undefined);
  };
}
