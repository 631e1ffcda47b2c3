/** A KubeSchedulerConfiguration that cannot be used, with the field it is about. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly code = 'INVALID_CONFIGURATION';
}
