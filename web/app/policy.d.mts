/** The `frame-src` directive for an app at `host` (with port). */
export function frameSources(host: string): string;

/** The whole policy as a header. */
export function headerPolicy(host: string): string;

/** The policy of the built page, as far as one in a page goes. */
export const metaPolicy: string;
