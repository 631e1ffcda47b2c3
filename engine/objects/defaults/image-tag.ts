const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const reference = new RegExp(
  `^(?:${domain}/)?${pathPart}(?:/${pathPart})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/**
 * The name with the tag that it means: `latest` when it has neither tag nor digest. Undefined for what is
 * no name of an image.
 */
export function withImageTag(image: string): string | undefined {
  const match = reference.exec(image);
  if (!match || /^[a-f0-9]{64}$/.test(image)) return undefined;
  const [, tag, digest] = match;
  return tag === undefined && digest === undefined ? `${image}:latest` : image;
}

/**
 * Whether an image's name means the tag `latest`: it says so, or has neither tag nor digest. What is no
 * name of an image means nothing. The grammar is that of the distribution project's references.
 */
export function isLatest(image: string): boolean {
  const match = reference.exec(image);
  if (!match || /^[a-f0-9]{64}$/.test(image)) return false;
  const [, tag, digest] = match;
  return tag === 'latest' || (tag === undefined && digest === undefined);
}
