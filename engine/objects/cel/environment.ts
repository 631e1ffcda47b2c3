import { Environment } from '@marcbachmann/cel-js';
import { addAddresses } from './library/addresses.ts';
import { addAuthorizers } from './library/authorizers.ts';
import { addComprehensions } from './library/comprehensions.ts';
import { addFormats } from './library/formats.ts';
import { addLists } from './library/lists.ts';
import { addOptionals } from './library/optionals.ts';
import { addQuantities } from './library/quantities.ts';
import { addSemver } from './library/semver.ts';
import { addSets } from './library/sets.ts';
import { addStrings } from './library/strings.ts';
import { addTimes } from './library/times.ts';
import { addUrls } from './library/urls.ts';

let base: Environment | undefined;

/**
 * The language with everything Kubernetes adds to it, to be extended with variables and types.
 * https://kubernetes.io/docs/reference/using-api/cel/
 */
export function celEnvironment(): Environment {
  if (base === undefined) {
    base = new Environment({ enableOptionalTypes: true });
    addLists(base);
    addStrings(base);
    addUrls(base);
    addQuantities(base);
    addAddresses(base);
    addAuthorizers(base);
    addFormats(base);
    addSemver(base);
    addSets(base);
    addTimes(base);
    addComprehensions(base);
    addOptionals(base);
  }
  return base.clone();
}
