import { withoutSecrets } from '../../base/redact.js';
import type { CertificateSource, Command, MailServer, Profile } from '../../protocol/vocabulary.js';

/** A command as it may be told to listeners, reports and people: what it would give away is masked. */
export function toldCommand(command: Command): Command {
  if (command.kind === 'install-profile') return { ...command, profile: toldProfile(command.profile) };
  if (command.kind !== 'native' || typeof command.body !== 'object' || command.body === null) return command;
  return { ...command, body: withoutSecrets({ body: command.body })['body'] };
}

const masked = '[secret]';

function toldProfile(profile: Profile): Profile {
  switch (profile.kind) {
    case 'email':
      return {
        ...profile,
        incoming: toldServer(profile.incoming),
        ...(profile.outgoing === undefined ? {} : { outgoing: toldServer(profile.outgoing) }),
      };
    case 'vpn':
      return {
        ...profile,
        ...(profile.sharedSecret === undefined ? {} : { sharedSecret: masked }),
        ...(profile.password === undefined ? {} : { password: masked }),
      };
    case 'wifi':
      return {
        ...profile,
        ...(profile.passphrase === undefined ? {} : { passphrase: masked }),
        ...(profile.eap?.password === undefined ? {} : { eap: { ...profile.eap, password: masked } }),
      };
    case 'certificate':
      return { ...profile, source: toldSource(profile.source) };
    case 'configuration':
      return { ...profile, settings: withoutSecrets(profile.settings) };
  }
}

const toldServer = (server: MailServer): MailServer =>
  server.password === undefined ? server : { ...server, password: masked };

function toldSource(source: CertificateSource): CertificateSource {
  if (source.type === 'pkcs12') return { type: 'pkcs12', pkcs12: new Uint8Array(), password: masked };
  if (source.type === 'scep' && source.challenge !== undefined) return { ...source, challenge: masked };
  return source;
}
