// RootCATrustedCertificates: authorities in the stores of the computer and of the user (specs/windows.md §2.0, §2.2).
import { trustedStores } from './trusted-stores.js';

const below = (scope: 'User' | 'Device', stores: readonly string[]) =>
  stores.map((store) => ({ address: `./${scope}/Vendor/MSFT/RootCATrustedCertificates/${store}`, store }));

const others = ['CA', 'OemEsim', 'TrustedPublisher', 'TrustedPeople', 'UntrustedCertificates'];

export const rootCaTrustedCertificatesModule = trustedStores(
  ['./User/Vendor/MSFT/RootCATrustedCertificates', './Device/Vendor/MSFT/RootCATrustedCertificates'],
  [...below('Device', ['Root', ...others]), ...below('User', others)],
);
