/**
 * `document.cookie` for learners' pages. A page in a frame on another site may not set ordinary
 * cookies, and a service worker may not either. So the lab page keeps the cookies, and a script in front
 * of each HTML page makes `document.cookie` read and write those. `HttpOnly` ones never reach it.
 */
import type { PageCookie } from './messages.ts';

/** The script element to put into a page. `cookies` is what `document.cookie` starts with. */
export function pageScript(cookies: string): string {
  const kind: PageCookie['drydock'] = 'page-cookie';
  // `<` is escaped, so that no cookie can end the script element.
  const start = JSON.stringify(cookies).replaceAll('<', '\\u003c');
  return `<script>(()=>{let jar=new Map(${start}.split('; ').filter(Boolean).map(p=>{const i=p.indexOf('=');return i<0?['',p]:[p.slice(0,i),p.slice(i+1)]}));Object.defineProperty(document,'cookie',{configurable:true,get:()=>[...jar].map(([n,v])=>n?n+'='+v:v).join('; '),set(text){text=String(text);const[pair,...rest]=text.split(';');const i=pair.indexOf('=');const n=i<0?'':pair.slice(0,i).trim(),v=pair.slice(i+1).trim();let gone=false;for(const a of rest){const[k,x='']=a.split(/=(.*)/s).map(s=>s.trim());if(/^httponly$/i.test(k))return;if(/^max-age$/i.test(k)&&Number(x)<=0)gone=true;if(/^expires$/i.test(k)&&Date.parse(x)<=Date.now())gone=true}if(gone)jar.delete(n);else jar.set(n,v);navigator.serviceWorker?.controller?.postMessage({drydock:'${kind}',cookie:text})}});document.currentScript.remove()})()</script>`;
}

/** Bytes looked at before giving up on finding where the page begins. */
const longestPrologue = 8 * 1024;

/**
 * Puts `script` behind `<head>`, or where the head begins when its tag is left out. Works on bytes, as the
 * encodings of HTML agree on ASCII; UTF-16 pages pass unchanged.
 */
export function withScript(
  script: string,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let held = new Uint8Array(0);
  let done = false;
  const emit = (
    controller: TransformStreamDefaultController<Uint8Array<ArrayBuffer>>,
    last: boolean,
  ) => {
    const at = headStart(
      new TextDecoder('latin1').decode(held),
      last || held.length > longestPrologue,
    );
    if (at === undefined) return;
    done = true;
    if (at > 0) controller.enqueue(held.slice(0, at));
    if (at >= 0) controller.enqueue(new TextEncoder().encode(script));
    const rest = held.slice(Math.max(0, at));
    if (rest.length > 0) controller.enqueue(rest);
    held = new Uint8Array(0);
  };
  return new TransformStream({
    transform(chunk, controller) {
      if (done) return controller.enqueue(chunk);
      const joined = new Uint8Array(held.length + chunk.length);
      joined.set(held);
      joined.set(chunk, held.length);
      held = joined;
      emit(controller, false);
    },
    flush(controller) {
      if (!done && held.length > 0) emit(controller, true);
    },
  });
}

/** Where the script goes: an offset, -1 for nowhere, undefined when more text is needed. */
function headStart(text: string, final: boolean): number | undefined {
  if (/^(\xfe\xff|\xff\xfe)/.test(text)) return -1;
  // Byte order mark, space, comments, doctype, <html …>, more of those, <head …>.
  const prologue =
    /^(?:\xef\xbb\xbf)?(?:\s+|<!--[^]*?-->|<!doctype[^>]*>|<html(?:\s[^>]*)?>)*(?:<head(?:\s[^>]*)?>)?/i.exec(
      text,
    )?.[0] ?? '';
  const whole = prologue.length < text.length && !couldGrow(text.slice(prologue.length));
  return whole || final ? prologue.length : undefined;
}

/** Whether the rest may be the beginning of a part of the prologue that is cut by the end of a chunk. */
function couldGrow(rest: string): boolean {
  if (rest.startsWith('<!--')) return !rest.includes('-->');
  if (/^<(?:!doctype|html|head)(?=[\s>]|$)/i.test(rest)) return !rest.includes('>');
  return ['\xef\xbb\xbf', '<!--', '<!doctype', '<html', '<head'].some((tag) =>
    tag.startsWith(rest.toLowerCase()),
  );
}
