import type {
  AuditAnnotation,
  ExpressionWarning,
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from '../../generated/admissionregistration-v1.generated.ts';
import {
  isDns1035Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isQualifiedName,
} from '../../names.ts';
import { conditions } from '../conditions.ts';
import { JsonText } from '../field-error.ts';
import { asInternal } from '../internal.ts';
import { kindValidation } from '../kind-validation.ts';
import { labelSelector } from '../label-selector.ts';
import { anyObjectMeta, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import {
  byteLength,
  declaredName,
  each,
  isEmpty,
  optional,
  requiredName,
  type Rule,
  Seen,
} from '../rules.ts';
import { Expressions } from './expressions.ts';
import { failurePolicies, matchResources, notStatic, onlyMutating } from './rules.ts';
import { matchConditions } from './webhooks.ts';

/** Policies written in CEL. */

const paramKind: Rule<ParamKind> = ({ apiVersion = '', kind = '' }, at) => {
  const place = at.child('apiVersion');
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  const [group, version] = parts.length === 2 ? parts : ['', parts[0]];
  if (apiVersion === '') place.required();
  else if (parts.length > 2) {
    place.invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  } else {
    if (group) place.invalidJoined(group, isDns1123Subdomain(group));
    if (version) place.invalidJoined(version, isDns1035Label(version));
    else place.invalid(apiVersion, 'version must be specified');
  }
  const kindAt = at.child('kind');
  if (kind === '') return kindAt.required();
  kindAt.invalidJoined(
    kind,
    isDns1035Label(kind.toLowerCase()),
    'may have mixed case, but should otherwise match: ',
  );
};

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const variable =
  (expressions: Expressions): Rule<Variable> =>
  ({ name, expression }, at) => {
    const place = at.child('name');
    if (!name?.trim()) place.required('name is not specified');
    else if (!identifier.test(name) || reserved.has(name)) {
      place.invalid(name, 'must be a valid CEL identifier');
    }
    if (expression?.trim()) expressions.variable(name, expression, at.child('expression'));
    else at.child('expression').required('expression is not specified');
  };

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

const validation =
  (expressions: Expressions): Rule<Validation> =>
  (given, at) => {
    const { expression, message = '', messageExpression = '', reason } = given;
    if (expression?.trim()) expressions.check(expression, at.child('expression'), ['bool']);
    else at.child('expression').required('expression is not specified');
    const blank = 'must be non-empty if specified';
    const messageAt = at.child('messageExpression');
    if (messageExpression.trim() !== '') {
      expressions.check(messageExpression, messageAt, ['string'], { hasAuthorizer: false });
    } else if (messageExpression !== '') messageAt.invalid(messageExpression, blank);
    if (message !== '' && message.trim() === '') at.child('message').invalid(message, blank);
    else if (/[\r\n]/.test(message.trim())) {
      at.child('message').invalid(message, 'must not contain line breaks');
    }
    if (reason !== undefined && !reasons.includes(reason)) {
      at.child('reason').notSupported(reason, reasons);
    }
  };

const mostAnnotations = 20;
const longestExpression = 5 * 1024;

function auditAnnotations(
  list: readonly AuditAnnotation[] | undefined,
  at: Place,
  policy: string,
  expressions: Expressions,
): void {
  if (list && list.length > mostAnnotations) {
    at.invalid(
      asInternal('AuditAnnotation', list),
      `must not have more than ${mostAnnotations} auditAnnotations`,
    );
  }
  const keys = new Seen();
  each<AuditAnnotation>(({ key, valueExpression }, place) => {
    const keyAt = place.child('key');
    const full = `${policy}/${key}`;
    keyAt.invalidEach(full, isQualifiedName(full));
    const text = valueExpression?.trim() ?? '';
    const valueAt = place.child('valueExpression');
    if (text === '') valueAt.required('valueExpression is not specified');
    else if (byteLength(text) > longestExpression) {
      valueAt.required(`must not exceed ${longestExpression} bytes in length`);
    } else expressions.check(text, valueAt, ['string', 'null_type'], {}, valueExpression);
    if (!keys.add(key)) keyAt.duplicate(key);
  })(list, at);
}

/** What policies of both sorts have in common. */
function policySpec(
  spec: NonNullable<ValidatingAdmissionPolicy['spec'] | MutatingAdmissionPolicy['spec']>,
  at: Place,
): void {
  const policyAt = at.child('failurePolicy');
  const policy = spec.failurePolicy;
  if (policy === undefined) policyAt.required();
  else if (!(failurePolicies as readonly string[]).includes(policy)) {
    policyAt.notSupported(policy, failurePolicies);
  }
  optional(paramKind)(spec.paramKind, at.child('paramKind'));
  const constraintsAt = at.child('matchConstraints');
  if (!spec.matchConstraints) constraintsAt.required();
  else {
    matchResources(spec.matchConstraints, constraintsAt);
    if (!spec.matchConstraints.resourceRules?.length) {
      constraintsAt.child('resourceRules').required();
    }
  }
}

function validatingPolicy({ metadata, spec }: ValidatingAdmissionPolicy, root: Place): void {
  anyObjectMeta(metadata, root.child('metadata'), { namespaced: false, nameRule: subdomainName });
  const at = root.child('spec');
  policySpec(spec, at);
  const hasParams = spec.paramKind !== undefined;
  matchConditions(spec.matchConditions, at.child('matchConditions'), hasParams);
  const expressions = new Expressions(hasParams, !isEmpty(spec.variables));
  each(variable(expressions))(spec.variables, at.child('variables'));
  if (!spec.validations?.length && !spec.auditAnnotations?.length) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    at.child('validations').required(detail);
    at.child('auditAnnotations').required(detail);
    return;
  }
  each(validation(expressions))(spec.validations, at.child('validations'));
  const annotationsAt = at.child('auditAnnotations');
  auditAnnotations(spec.auditAnnotations, annotationsAt, metadata.name ?? '', expressions);
}

const warning: Rule<ExpressionWarning> = (given, at) => {
  if (!given.warning) at.child('warning').required();
  if (!given.fieldRef?.trim()) at.child('fieldRef').required();
};

export const validatingAdmissionPolicy = kindValidation<ValidatingAdmissionPolicy>({
  create: (object, at) => {
    validatingPolicy(object, at);
    notStatic(object.metadata.name, at);
  },
  update: (object, _old, at) => validatingPolicy(object, at),
  subresources: {
    status: ({ status }, _old, root) => {
      const at = root.child('status');
      const warningsAt = at.child('typeChecking').child('expressionWarnings');
      each(warning)(status?.typeChecking?.expressionWarnings, warningsAt);
      conditions(status?.conditions, at.child('conditions'));
    },
  },
});

const patchTypes = { JSONPatch: 'jsonPatch', ApplyConfiguration: 'applyConfiguration' } as const;
const results = { JSONPatch: 'list(JSONPatch)', ApplyConfiguration: 'Object' } as const;

const mutation =
  (expressions: Expressions): Rule<Mutation> =>
  (given, at) => {
    const place = at.child('patchType');
    const { patchType } = given;
    if (!patchType) return place.required();
    if (patchType !== 'JSONPatch' && patchType !== 'ApplyConfiguration') {
      return place.notSupported(patchType, ['ApplyConfiguration', 'JSONPatch']);
    }
    const wanted = patchTypes[patchType];
    const other = wanted === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
    const patch = given[wanted];
    if (!patch) at.child(wanted).required(`must be specified when patchType is ${patchType}`);
    else if (!patch.expression?.trim()) at.child(wanted).child('expression').required();
    else {
      const expressionAt = at.child(wanted).child('expression');
      expressions.checkMutation(patch.expression, expressionAt, results[patchType]);
    }
    if (given[other]) {
      at.child(other).invalid(`{${other}}`, `must not be specified when patchType is ${patchType}`);
    }
  };

const reinvocations = ['IfNeeded', 'Never'];

function mutatingPolicy({ metadata, spec }: MutatingAdmissionPolicy, root: Place): void {
  anyObjectMeta(metadata, root.child('metadata'), { namespaced: false, nameRule: subdomainName });
  const at = root.child('spec');
  policySpec(spec, at);
  const operationsAt = at.child('matchConstraints').child('resourceRules').child('operations');
  onlyMutating(spec.matchConstraints, operationsAt);
  const hasParams = spec.paramKind !== undefined;
  matchConditions(spec.matchConditions, at.child('matchConditions'), hasParams);
  const expressions = new Expressions(hasParams, !isEmpty(spec.variables));
  each(variable(expressions))(spec.variables, at.child('variables'));
  const mutationsAt = at.child('mutations');
  if (!spec.mutations?.length) mutationsAt.required('mutations must contain at least one item');
  each(mutation(expressions))(spec.mutations, mutationsAt);
  const policy = spec.reinvocationPolicy;
  const policyAt = at.child('reinvocationPolicy');
  if (!policy) policyAt.required();
  else if (!reinvocations.includes(policy)) policyAt.notSupported(policy, reinvocations);
}

export const mutatingAdmissionPolicy = kindValidation<MutatingAdmissionPolicy>({
  create: (object, at) => {
    mutatingPolicy(object, at);
    notStatic(object.metadata.name, at);
  },
  update: (object, _old, at) => mutatingPolicy(object, at),
});

const notFoundActions = ['Deny', 'Allow'];

const paramRef: Rule<ParamRef> = (given, at) => {
  const { name, selector, parameterNotFoundAction: action } = given;
  const exclusive = 'name and selector are mutually exclusive';
  if (name) {
    at.child('name').invalidEach(name, isPathSegmentName(name));
    if (selector) at.child('name').forbidden(exclusive);
  }
  if (selector) {
    labelSelector(selector, at.child('selector'));
    if (name) at.child('selector').forbidden(exclusive);
  }
  if (!name && !selector) at.required('one of name or selector must be specified');
  const place = at.child('parameterNotFoundAction');
  if (!action) place.required();
  else if (!notFoundActions.includes(action)) {
    place.notSupported(new JsonText(action), notFoundActions);
  }
};

interface BindingSpec {
  readonly policyName?: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
}

function bindingSpec(spec: BindingSpec, at: Place, name: typeof requiredName): void {
  name(isDns1123Subdomain)(spec.policyName, at.child('policyName'));
  optional(paramRef)(spec.paramRef, at.child('paramRef'));
  optional(matchResources)(spec.matchResources, at.child('matchResources'));
}

const actions = ['Audit', 'Deny', 'Warn'];

function validationActions(list: readonly string[] | undefined, at: Place): void {
  const seen = new Seen();
  each<string>((action, place) => {
    if (!actions.includes(action)) place.notSupported(action, actions);
    if (!seen.add(action)) place.duplicate(action);
  })(list, at);
  if (list?.includes('Deny') && list.includes('Warn')) {
    at.invalid(
      list,
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    );
  }
  if (!list?.length) at.declared.required();
}

function validatingBinding(object: ValidatingAdmissionPolicyBinding, root: Place): void {
  const { metadata, spec } = object;
  anyObjectMeta(metadata, root.child('metadata'), { namespaced: false, nameRule: subdomainName });
  bindingSpec(spec ?? {}, root.child('spec'), declaredName);
  validationActions(spec?.validationActions, root.child('spec').child('validationActions'));
}

export const validatingAdmissionPolicyBinding = kindValidation<ValidatingAdmissionPolicyBinding>({
  create: (object, at) => {
    validatingBinding(object, at);
    notStatic(object.metadata.name, at);
  },
  update: (object, _old, at) => validatingBinding(object, at),
});

function mutatingBinding(object: MutatingAdmissionPolicyBinding, root: Place): void {
  const { metadata, spec } = object;
  anyObjectMeta(metadata, root.child('metadata'), { namespaced: false, nameRule: subdomainName });
  const at = root.child('spec');
  bindingSpec(spec, at, requiredName);
  const operationsAt = at.child('matchResources').child('resourceRules').child('operations');
  onlyMutating(spec.matchResources, operationsAt);
}

export const mutatingAdmissionPolicyBinding = kindValidation<MutatingAdmissionPolicyBinding>({
  create: (object, at) => {
    mutatingBinding(object, at);
    notStatic(object.metadata.name, at);
  },
  update: (object, _old, at) => mutatingBinding(object, at),
});
