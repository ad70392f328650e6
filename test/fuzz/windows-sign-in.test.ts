import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filled, loginFormOf } from '../../agent/platform/windows/web/login-form.js';
import { readPage } from '../../agent/platform/windows/web/page.js';
import { readScriptForm } from '../../agent/platform/windows/web/script-form.js';
import { keepsLittle, percent, seed } from './law.js';
import { damaged } from './mutations.js';

const pages = [
  '<!doctype html><title>Sign in</title><form method=post action="/login?next=%2F"><input type=hidden name=csrf value="a&amp;b"><input name=username><input type="password" name="pw"><select name=realm><option value=1><option selected value=2></select><textarea name=note>x</textarea><button name=go value=1>Sign in</button></form>',
  '<form id=f method="post" action="ms-app://windows.immersivecontrolpanel"><input type=hidden name=wresult value="token"></form><script>f.submit()</script>',
  `<script>var form = document.createElement('form'); form.method = 'POST'; form.action = "ms-app://x"; var input = document.createElement('input'); input.name = 'wresult'; input.value = 'a\\'b\\u0041'; form.appendChild(input); form.submit();</script>`,
].map((page) => Buffer.from(page));

function read(bytes: Buffer): void {
  const { forms, scripts, title } = readPage(bytes.toString('utf8'));
  const form = loginFormOf(forms);
  if (form !== undefined) filled(form, { user: 'user', secret: 'secret' });
  for (const script of scripts) readScriptForm(script);
  expect(forms.length + scripts.length).toBeLessThanOrEqual(120);
  expect(title.length).toBeLessThanOrEqual(200);
}

describe('damaged pages of a sign-in bring out no error, in bounded memory', () => {
  it('changed ones', () => {
    const property = fc.property(damaged(pages), read);
    keepsLittle(() => fc.assert(property, { numRuns: percent(60), seed }));
  });

  it('scripts, whatever stands in them', () => {
    const words = fc.constantFrom(
      'form',
      '.action',
      '.name',
      '.value',
      ' = ',
      '"',
      "'",
      '`',
      '\\',
      'wresult',
      '.submit',
      ';',
      '\n',
    );
    const script = fc.array(fc.oneof(words, fc.string({ maxLength: 5 })), { maxLength: 60 });
    const property = fc.property(script, (parts) => {
      const form = readScriptForm(`wresult .submit ${parts.join('')}`);
      expect(form === undefined || typeof form.wresult === 'string').toBe(true);
    });
    keepsLittle(() => fc.assert(property, { numRuns: percent(40), seed }));
  });
});
