import { expect, it } from 'vitest';
import { kindOf } from '../../../../../agent/platform/android/profiles/carriers.js';

it.each([
  ['gmail', 'email'],
  ['outlook', 'email'],
  ['companion:wifi:guid', 'wifi'],
  ['provisioning', 'wifi'],
  ['companion:certificate:alias', 'certificate'],
  ['companion:onc:guid', 'certificate'],
  ['certificates:/ca.pem', 'certificate'],
  ['vpn:org.strongswan.android:1', 'vpn'],
  ['file:/tunnel.conf', 'vpn'],
  ['configuration:passwordMode', 'configuration'],
])('what %s brings is told as %s, whether it fails or not', (carrier, kind) => expect(kindOf(carrier)).toBe(kind));
