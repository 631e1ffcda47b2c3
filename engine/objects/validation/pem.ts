/** What is between the lines of PEM (RFC 7468), as far as objects hold certificates and requests for them. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const block =
  /-----BEGIN ([^-\n]+)-----[^\S\n]*\n((?:[^-\n:]+:[^\n]*\n)*)\n?([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/** The blocks of a text; what is none is passed over, as Go's `pem.Decode` does. */
export function pemBlocks(text: string): readonly PemBlock[] {
  return [...text.replaceAll('\r\n', '\n').matchAll(block)].flatMap(
    ([, type = '', headers = '', body = '']) => {
      const bytes = decodeBase64(body.replaceAll(/\s/g, ''));
      return bytes ? [{ type, hasHeaders: headers !== '', bytes }] : [];
    },
  );
}

export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

const sequence = 0x30;

/**
 * What is wrong with the outermost of some DER, which has to be a sequence and nothing more; messages are those of
 * Go's `encoding/asn1`. What is inside is not looked at.
 */
export function derProblem(bytes: Uint8Array): string | undefined {
  const [tag, first = 0] = bytes;
  if (tag === undefined || bytes.length < 2) return 'asn1: syntax error: sequence truncated';
  if (tag !== sequence) return "asn1: structure error: tags don't match";
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = 2 + lengthBytes;
  const length =
    lengthBytes === 0
      ? first
      : bytes.subarray(2, start).reduce((value, byte) => value * 256 + byte, 0);
  if (start + length > bytes.length) return 'asn1: syntax error: data truncated';
  return start + length < bytes.length ? 'asn1: syntax error: trailing data' : undefined;
}
