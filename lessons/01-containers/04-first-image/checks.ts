import {
  edge,
  failed,
  gone,
  level,
  passed,
  waiting,
  type Checks,
  type Trigger,
} from '../../checks.ts';
import { container, image } from '../docker-facts.ts';

const FOLDER = '/root/work/first-image';
const PAGE = '/usr/share/nginx/html/index.html';
const docker: Trigger = { kind: 'docker' };
const files: Trigger = { kind: 'files', path: FOLDER };

export const checks: Checks = {
  dockerfile: edge([files], async (world) => {
    const text = await world.readFile(`${FOLDER}/Dockerfile`);
    if (text === undefined) return failed('There is no file first-image/Dockerfile.');
    const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
    const has = (...words: string[]) =>
      lines.some((line) => words.every((word, index) => line[index]?.toLowerCase() === word));
    if (!has('from', 'nginx') && !has('from', 'nginx:latest'))
      return waiting('The Dockerfile as it is saved has no line “FROM nginx”.');
    const copies = lines.find(
      ([word, source]) => word?.toLowerCase() === 'copy' && source === 'index.html',
    );
    if (copies === undefined)
      return waiting(
        'The Dockerfile has its FROM. A line that begins with “COPY index.html” is missing.',
      );
    const target = copies[2] ?? '';
    return [PAGE, PAGE.replace('index.html', ''), PAGE.replace('/index.html', '')].includes(target)
      ? passed('The Dockerfile starts from nginx and copies the page.')
      : failed(`COPY puts index.html to “${target}”. nginx looks for it at ${PAGE}.`);
  }),

  image: edge([docker], async (world) => {
    const own = await image(world, 'my-nginx-image');
    if (own === undefined) return waiting('There is no image called my-nginx-image yet.');
    const base = await image(world, 'nginx');
    const below = base?.RootFS.Layers ?? [];
    const layers = own.RootFS.Layers;
    if (below.length === 0 || !below.every((layer, index) => layers[index] === layer))
      return failed('my-nginx-image does not stand on the layers of nginx. Check the FROM line.');
    return layers.length > below.length
      ? passed(
          `my-nginx-image has the ${below.length} layers of nginx and ${layers.length - below.length} of yours.`,
        )
      : failed('my-nginx-image has only the layers of nginx: nothing was copied into it.');
  }),

  running: edge([docker], async (world) => {
    const web = await container(world, 'web');
    if (web === undefined) return waiting('There is no container called web yet.');
    if (!web.State.Running) return failed(`The container web is ${web.State.Status}, not running.`);
    const own = await image(world, 'my-nginx-image');
    if (web.Image !== own?.Id)
      return failed('The container web runs another image than my-nginx-image as it is now.');
    const [binding] = web.NetworkSettings.Ports['80/tcp'] ?? [];
    if (binding === undefined)
      return failed(
        'The container runs, and its port 80 is not published. Remove it and run it with -p 80:80.',
      );
    return binding.HostPort === '80'
      ? passed('The container web runs, and port 80 of the machine leads to it.')
      : failed(
          `Port ${binding.HostPort} of the machine leads to it. This lesson goes on with port 80.`,
        );
  }),

  page: edge([docker], async (world) => {
    const page = await world.page(80);
    if (page === undefined) return waiting('Nothing answers at port 80 of the machine yet.');
    const own = await world.readFile(`${FOLDER}/index.html`);
    return page.text === own
      ? passed('Port 80 answers with your index.html.')
      : failed(`Port 80 answers with status ${page.status} and another page than your index.html.`);
  }),

  changed: level([docker, files], async (world) => {
    const own = await world.readFile(`${FOLDER}/index.html`);
    if (own?.includes('<h1>Hello from my first image</h1>') !== false)
      return waiting('index.html still has its first heading.');
    const page = await world.page(80);
    if (page === undefined) return waiting('Nothing answers at port 80 of the machine.');
    return page.text === own
      ? passed('The page shows what index.html says now.')
      : waiting(
          'index.html has changed. The page at port 80 is still another one: build, and replace the container.',
        );
  }),

  clean: gone(
    [docker],
    'The container web',
    async (world) => (await container(world, 'web')) !== undefined,
  ),
};
