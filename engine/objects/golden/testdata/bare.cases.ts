import { builtInResources } from '../../resources.ts';
import { formatApiVersion } from '../../kubernetes-object.ts';
import { creation, type GoldenCase } from '../case.ts';

/** Of each kind an object that has no more than a name: what is required is not there. */
/** Only the metadata of these is looked at. */
const unruled = ['PodCertificateRequest', 'DeviceTaintRule', 'ResourceSlice'];

export const cases: readonly GoldenCase[] = builtInResources
  .filter(({ verbs }) => verbs.includes('create') && verbs.includes('get'))
  .filter(({ kind }) => !unruled.includes(kind))
  .map((resource) => {
    const { kind } = resource;
    const apiVersion = formatApiVersion(resource);
    return creation(`bare ${apiVersion} ${kind}`, { apiVersion, kind, metadata: { name: 'bare' } });
  });
