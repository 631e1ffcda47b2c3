import type { ContainerRecord } from './container-record.ts';

/** What `docker logs --details` puts before each line: labels, variables and the tag that `--log-opt` names. */
export function logAttributes({ config, hostConfig, id, name, image }: ContainerRecord): string {
  const { Type: driver, Config: options } = hostConfig.LogConfig;
  if (driver !== 'json-file') return '';
  const variables = Object.fromEntries(
    config.Env.flatMap((entry) => {
      const [, key = '', value] = /^([^=]*)=([^]*)$/.exec(entry) ?? [];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const found: Record<string, string> = {};
  const collect = (from: Readonly<Record<string, string>>, names = '', pattern = ''): void => {
    const wanted = names.split(',');
    for (const [key, value] of Object.entries(from)) {
      const matches = pattern !== '' && new RegExp(pattern).test(key);
      if (matches || wanted.includes(key)) found[key] = value;
    }
  };
  collect(config.Labels, options['labels'], options['labels-regex']);
  collect(variables, options['env'], options['env-regex']);
  const facts: Readonly<Record<string, string>> = {
    ID: id.slice(0, 12),
    FullID: id,
    Name: name,
    ImageID: image.slice(0, 12),
    ImageFullID: image,
    ImageName: config.Image,
    Command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].join(' '),
    DaemonName: 'docker',
  };
  const tag = (options['tag'] ?? '').replaceAll(
    /\{\{\s*\.(\w+)\s*\}\}/g,
    (whole, field: string) => facts[field] ?? whole,
  );
  if (tag !== '') found['tag'] = tag;
  return Object.keys(found)
    .sort()
    .map((key) => `${queryEscape(key)}=${queryEscape(found[key] ?? '')}`)
    .join(',');
}

/** As Go's `url.QueryEscape`. */
function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
