/** Swarm mode and plugins, which there are none of: what clients are told who ask. */
import { ApiError } from './api-error.ts';
import { json } from './reply.ts';
import type { Routes } from './router.ts';

const unavailable = (): never => {
  throw new ApiError(
    503,
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
};
const noSwarm = (): never => {
  throw new ApiError(501, 'Swarm mode is not available here: this engine runs single containers');
};
const noPlugins = (): never => {
  throw new ApiError(501, 'Plugins are not available here: this engine has its drivers built in');
};

export function swarmRoutes(): Routes {
  const kinds = ['services', 'nodes', 'tasks', 'secrets', 'configs'];
  return {
    'POST /swarm/init': noSwarm,
    'POST /swarm/join': noSwarm,
    'POST /swarm/leave': () => {
      throw new ApiError(503, 'This node is not part of a swarm');
    },
    'GET /swarm': unavailable,
    'GET /swarm/unlockkey': unavailable,
    'POST /swarm/update': unavailable,
    'POST /swarm/unlock': unavailable,
    ...Object.fromEntries(
      kinds.flatMap((kind) => [
        [`GET /${kind}`, unavailable],
        [`GET /${kind}/{id*}`, unavailable],
        [`POST /${kind}/{id*}`, unavailable],
        [`DELETE /${kind}/{id}`, unavailable],
      ]),
    ),
    'GET /plugins': () => json([]),
    'GET /plugins/{name*}/json': (request) => {
      throw new ApiError(404, `plugin ${JSON.stringify(request.parameter('name'))} not found`);
    },
    'GET /plugins/privileges': noPlugins,
    'POST /plugins/{name*}': noPlugins,
    'DELETE /plugins/{name*}': (request) => {
      throw new ApiError(404, `plugin ${JSON.stringify(request.parameter('name'))} not found`);
    },
  };
}
