import { describe, expect, it } from 'vitest';
import * as errors from './status-error.ts';

const pods = { group: '', name: 'pods' };
const deployments = { group: 'apps', name: 'deployments' };
const none = { group: '', name: '' };

describe('StatusError', () => {
  it.each([
    [errors.notFound(pods, 'web'), 404, 'NotFound', 'pods "web" not found'],
    [errors.noSuchPath(), 404, 'NotFound', 'the server could not find the requested resource'],
    [
      errors.alreadyExists(deployments, 'web'),
      409,
      'AlreadyExists',
      'deployments.apps "web" already exists',
    ],
    [
      errors.generateNameConflict(pods, 'web-x'),
      409,
      'AlreadyExists',
      'pods "web-x" already exists, the server was not able to generate a unique name for the object',
    ],
    [errors.unauthorized(), 401, 'Unauthorized', 'Unauthorized'],
    [errors.forbidden(pods, '', 'no'), 403, 'Forbidden', 'pods is forbidden: no'],
    [errors.forbidden(none, '', 'no'), 403, 'Forbidden', 'forbidden: no'],
    [
      errors.conflict(deployments, 'web', 'it changed'),
      409,
      'Conflict',
      'Operation cannot be fulfilled on deployments.apps "web": it changed',
    ],
    [errors.applyConflict([], 'Apply failed'), 409, 'Conflict', 'Apply failed'],
    [errors.resourceExpired('too old', 'token'), 410, 'Expired', 'too old'],
    [
      errors.invalid({ group: 'apps', name: 'Deployment' }, 'web', [], 'spec: Required value'),
      422,
      'Invalid',
      'Deployment.apps "web" is invalid: spec: Required value',
    ],
    [errors.badRequest('odd'), 400, 'BadRequest', 'odd'],
    [errors.tooManyRequests('later', 1), 429, 'TooManyRequests', 'later'],
    [errors.serviceUnavailable('not yet'), 503, 'ServiceUnavailable', 'not yet'],
    [
      errors.methodNotSupported(pods, 'watch'),
      405,
      'MethodNotAllowed',
      'watch is not supported on resources of kind "pods"',
    ],
    [
      errors.methodNotAllowed(),
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    ],
    [
      errors.serverTimeout(pods, 'list', 0),
      500,
      'ServerTimeout',
      'The list operation against pods could not be completed at this time, please try again.',
    ],
    [errors.internalError(new Error('odd')), 500, 'InternalError', 'Internal error occurred: odd'],
    [
      errors.tooLargeResourceVersion(9, 5, 1),
      504,
      'Timeout',
      'Timeout: Too large resource version: 9, current: 5',
    ],
    [
      errors.requestEntityTooLarge('limit is 1'),
      413,
      'RequestEntityTooLarge',
      'Request entity too large: limit is 1',
    ],
    [errors.timeout('slow', 0), 504, 'Timeout', 'Timeout: slow'],
    [errors.notAcceptable('only JSON'), 406, 'NotAcceptable', 'only JSON'],
    [
      errors.unsupportedMediaType(['application/json']),
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json',
    ],
    [errors.customFailure(418, 'Teapot', 'short'), 418, 'Teapot', 'short'],
  ])('%s', (error, code, reason, message) => {
    expect(error).toBeInstanceOf(errors.StatusError);
    expect(error).toMatchObject({ code, reason, message });
    expect(error.status).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure' });
  });

  it('leaves empty details out', () => {
    expect(errors.notFound(pods, 'web').status.details).toEqual({ name: 'web', kind: 'pods' });
  });

  it('hands on a token to go on with', () => {
    expect(errors.resourceExpired('too old', 'token').status.metadata).toEqual({
      continue: 'token',
    });
  });

  it('turns anything thrown into a Status', () => {
    expect(errors.toStatus(new Error('odd'))).toMatchObject({ code: 500, message: 'odd' });
    expect(errors.toStatus('odd')).toMatchObject({ code: 500, message: 'odd' });
    expect(errors.toStatus(errors.notFound(pods, 'a'))).toMatchObject({ code: 404 });
  });
});

describe('qualifiedName', () => {
  it('has a group unless it is the core group', () => {
    expect([pods, deployments].map(errors.qualifiedName)).toEqual(['pods', 'deployments.apps']);
  });
});
