/** The cookies of one machine's pages, as a browser would keep them for `localhost` (cookies do not tell ports apart). */
import { Cookie, CookieJar, type SerializedCookieJar } from 'tough-cookie';

const options = {
  allowSpecialUseDomain: true,
  rejectPublicSuffixes: false,
  looseMode: true,
} as const;

/** A cookie with one is refused (RFC 6265bis, 5.6). */
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\0-\x08\x0a-\x1f\x7f]/;

/** Where cookies outlast a reload of the page. */
export type CookieStorage = Pick<Storage, 'getItem' | 'setItem'>;

export class MachineCookies {
  readonly #jar: CookieJar;
  readonly #save: () => void;

  /** `key` names this machine in `storage`. */
  constructor(storage?: CookieStorage, key = '') {
    this.#jar = restore(storage, key);
    this.#save = () => {
      try {
        storage?.setItem(key, JSON.stringify(this.#jar.serializeSync()));
      } catch {
        // Full or forbidden storage: cookies last as long as the page.
      }
    };
  }

  /** The `Cookie` header for a request; undefined when there is nothing to send. */
  header(url: string): string | undefined {
    return this.#jar.getCookieStringSync(url) || undefined;
  }

  /** What `document.cookie` shows a page at `url`. */
  visible(url: string): string {
    return this.#jar.getCookieStringSync(url, { http: false });
  }

  /** Keeps what a response sets. Malformed cookies are ignored, as browsers do. */
  keep(url: string, setCookies: readonly string[]): void {
    for (const text of setCookies.filter((cookie) => !controlCharacter.test(cookie)))
      this.#jar.setCookieSync(text, url, { ignoreError: true, loose: true });
    if (setCookies.length > 0) this.#save();
  }

  /** Keeps what a page's script sets; it can neither set nor replace an `HttpOnly` cookie. */
  keepFromPage(url: string, text: string): void {
    const cookie = Cookie.parse(text, { loose: true });
    if (!cookie || cookie.httpOnly) return;
    this.#jar.setCookieSync(cookie, url, { http: false, ignoreError: true });
    this.#save();
  }
}

function restore(storage: CookieStorage | undefined, key: string): CookieJar {
  try {
    const saved = storage?.getItem(key);
    // `deserializeSync` takes no options, so the options are put into what was saved.
    if (saved)
      return CookieJar.fromJSON({ ...(JSON.parse(saved) as SerializedCookieJar), ...options });
  } catch {
    // Damaged: start with none.
  }
  return new CookieJar(undefined, options);
}
