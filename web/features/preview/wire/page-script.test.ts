import { describe, expect, test } from 'vitest';
import { pageScript, withScript } from './page-script.ts';

async function insert(html: string, cut = html.length): Promise<string> {
  const bytes = new TextEncoder().encode(html);
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += cut) controller.enqueue(bytes.slice(at, at + cut));
      controller.close();
    },
  });
  return new Response(source.pipeThrough(withScript('[S]'))).text();
}

describe('where the script goes', () => {
  test.each([
    [
      '<!DOCTYPE html><html lang="en"><head><title>x</title>',
      '<!DOCTYPE html><html lang="en"><head>[S]<title>x</title>',
    ],
    ['<!doctype html>\n<title>x</title>', '<!doctype html>\n[S]<title>x</title>'],
    ['<!-- c --><head data-a="1">x', '<!-- c --><head data-a="1">[S]x'],
    ['<header>no head</header>', '[S]<header>no head</header>'],
    ['plain text', '[S]plain text'],
    ['\uFEFF<html>ü', '<html>[S]ü'],
    ['<!doctype html><html><head>', '<!doctype html><html><head>[S]'],
    ['', ''],
  ])('%s', async (html, expected) => {
    expect(await insert(html)).toBe(expected);
    // (Reading a response as text drops its byte order mark.) Chunks may end anywhere.
    if (html) expect(await insert(html, 1)).toBe(expected);
  });

  test('an endless prologue is not held for ever', async () => {
    const html = `<!--${'x'.repeat(20_000)}`;
    expect(await insert(html, 1000)).toHaveLength(html.length + 3);
  });
});

test('no cookie can end the script element', () => {
  expect(pageScript('a=</script><script>alert(1)')).not.toContain('</script><script>alert');
});
