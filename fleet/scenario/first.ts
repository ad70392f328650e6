// The scenario that `rollcall init` writes: small, explained, and run as it is.

/** `schema`: where an editor finds docs/schema/scenario.json, as seen from the file. */
export const firstScenario = (schema: string): string => `# yaml-language-server: $schema=${schema}
# A first fleet: 30 devices enroll, get their profiles, are moved by a switch of the authority, and leave.
# Without --server it runs at a stub authority of its own, in about half a minute.
version: 1
name: first
seed: first # the same seed gives the same devices and the same schedule
authority: office365 # what the stub starts with

devices:
  total: 30
  mix: # weights; or counts: { ios: 15, windows: 9, android: 6 }
    - { weight: 5, platform: ios }
    - { weight: 3, platform: windows }
    - { weight: 2, platform: android }

phases: # one after another
  - enroll: { over: 5s } # spread evenly; or arrive: { ramp: { from: 1/s, to: 20/s } }
  - check-in: { over: 2s, expect: [email, vpn, wifi, certificate] }
  - switch: { to: intune, within: 60s } # the authority changes, and wakes everybody
  - check-in: { name: after the switch, over: 2s, expect: [email, vpn, wifi, certificate] }
  - leave: { over: 2s }

# What must hold in the end, else the exit code is 99. A step whose failures no line bounds may have none.
thresholds:
  - enroll.p99 < 30s
  - switch.moved == 100% within 60s
`;
