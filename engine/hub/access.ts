/** Who may do what: the scopes of Docker's token authentication (distribution project, "Token Scope Documentation"). */
import { z } from 'zod';

const actions = ['pull', 'push', 'delete', '*'] as const;
export type Action = (typeof actions)[number];

export const accessSchema = z.object({
  type: z.string(),
  name: z.string(),
  actions: z.array(z.enum(actions)),
});
/** One resource and what is asked for, or granted, on it. */
export type Access = Readonly<z.infer<typeof accessSchema>>;

/** `repository:library/nginx:pull,push`; several are separated by spaces. What makes no sense is left out. */
export function parseScopes(text: string): Access[] {
  return text.split(' ').flatMap((scope) => {
    const match = /^([a-z]+)(?:\([a-z]+\))?:(.+):([a-z,*]*)$/.exec(scope);
    if (match === null) return [];
    const [, type = '', name = '', wanted = ''] = match;
    const known = actions.filter((action) => wanted.split(',').includes(action));
    return [{ type, name, actions: known }];
  });
}

export function formatScope({ type, name, actions: wanted }: Access): string {
  return `${type}:${name}:${wanted.join(',')}`;
}

/**
 * What `user` (anonymous when undefined) is granted of what was asked for. Everybody may pull what there is and list
 * repositories; a user may also push below a name of their own, and delete there.
 */
export function grant(
  user: string | undefined,
  asked: Access,
  exists: (repository: string) => boolean,
): Access {
  const { type, name } = asked;
  const allow = (...allowed: readonly Action[]): Access => ({
    type,
    name,
    actions: asked.actions.filter((action) => allowed.includes(action)),
  });
  if (type === 'registry' && name === 'catalog') return allow('*');
  if (type !== 'repository') return allow();
  if (user !== undefined && name.split('/')[0] === user) return allow('pull', 'push', 'delete');
  return exists(name) ? allow('pull') : allow();
}
