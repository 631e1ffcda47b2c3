import { plainKind } from './kind-validation.ts';
import { subdomainName } from './metadata.ts';

/** Kinds of which nothing but their metadata is looked at. */
const named = (namespaced: boolean) =>
  plainKind({ namespaced, nameRule: subdomainName, rules: () => {} });

export const namedInNamespace = named(true);
export const namedInCluster = named(false);
