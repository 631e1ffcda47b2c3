import type { APIService } from '../generated/apiregistration-v1.generated.ts';
import { goQuote } from '../go-text.ts';
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName, isPortNumber } from '../names.ts';
import { kindValidation } from './kind-validation.ts';
import { anyObjectMeta, anyObjectMetaUpdate } from './metadata.ts';
import { decodeBase64 } from './pem.ts';
import type { Place } from './place.ts';
import { each } from './rules.ts';

function apiService({ metadata, spec }: APIService, root: Place): void {
  const at = root.child('spec');
  const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec ?? {};
  const expected = `${version}.${group}`;
  anyObjectMeta(metadata, root.child('metadata'), {
    namespaced: false,
    nameRule: (name) => {
      const messages = isPathSegmentName(name);
      if (messages.length > 0 || name === expected) return messages;
      return [`must be \`spec.version+"."+spec.group\`: ${goQuote(expected)}`];
    },
  });
  if (group === '' && version !== 'v1') {
    at.child('group').required('only v1 may have an empty group and it better be legacy kube');
  }
  if (group) at.child('group').invalidEach(group, isDns1123Subdomain(group));
  at.child('version').invalidEach(version, isDns1035Label(version));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) {
    at.child('groupPriorityMinimum').invalid(
      groupPriorityMinimum,
      'must be positive and less than 20000',
    );
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    at.child('versionPriority').invalid(versionPriority, 'must be positive and less than 1000');
  }
  connection(spec ?? {}, at);
}

function connection(spec: Partial<NonNullable<APIService['spec']>>, at: Place): void {
  const { service, caBundle, insecureSkipTLSVerify: insecure } = spec;
  const insecureAt = at.child('insecureSkipTLSVerify');
  if (!service) {
    if (caBundle) {
      const size = decodeBase64(caBundle)?.length ?? 0;
      at.child('caBundle').invalid(`${size} bytes`, 'local APIServices may not have a caBundle');
    }
    if (insecure) {
      insecureAt.invalid(true, 'local APIServices may not have insecureSkipTLSVerify');
    }
    return;
  }
  const place = at.child('service');
  if (!service.namespace) place.child('namespace').required();
  if (!service.name) place.child('name').required();
  const port = service.port ?? 0;
  const problems = isPortNumber(port);
  if (problems.length > 0) {
    place.child('port').invalid(port, `port is not valid: ${problems.join(', ')}`);
  }
  if (insecure && caBundle) insecureAt.invalid(true, 'may not be true if caBundle is present');
}

const statuses = ['True', 'False', 'Unknown'];

export const apiServiceKind = kindValidation<APIService>({
  create: apiService,
  update: (object, old, at) => {
    anyObjectMetaUpdate(object.metadata, old.metadata, at.child('metadata'));
    apiService(object, at);
  },
  subresources: {
    status: ({ metadata, status }, old, at) => {
      anyObjectMetaUpdate(metadata, old.metadata, at.child('metadata'));
      each<{ readonly status: string }>((condition, place) => {
        if (!statuses.includes(condition.status)) {
          place.child('status').notSupported(condition.status, statuses);
        }
      })(status?.conditions, at.child('status').child('conditions'));
    },
  },
});
