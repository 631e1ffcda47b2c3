/** `drydock://0123…` as statuses have it. */
export function formatContainerId(runtimeName: string, id: string): string {
  return `${runtimeName}://${id}`;
}

/** The runtime's own id. */
export function parseContainerId(text: string): string {
  const start = text.indexOf('://');
  return start === -1 ? text : text.slice(start + 3);
}
