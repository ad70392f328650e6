// Loaded by `node --import` before the command in started processes: a stub's RSA keys are those of the files that TEST_RSA_KEYS lists, in
// that order, as with `startAuthority({ newRsaKey })`; what it makes beyond them, and all that others make, is made as always.
import crypto, { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';

const { TEST_RSA_KEYS: files } = process.env;
if (files !== undefined && process.argv[2] === 'server') {
  const ready = files.split(':');
  const native = promisify(crypto.generateKeyPair);
  const generateKeyPair = () => {
    throw new Error('with a callback no stub makes keys');
  };
  generateKeyPair[promisify.custom] = async (type, options) => {
    const file = type === 'rsa' && options.modulusLength === 2048 ? ready.shift() : undefined;
    if (file === undefined) return await native(type, options);
    const privateKey = createPrivateKey(readFileSync(file));
    return { privateKey, publicKey: createPublicKey(privateKey) };
  };
  crypto.generateKeyPair = generateKeyPair;
  syncBuiltinESMExports();
}
