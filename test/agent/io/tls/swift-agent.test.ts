import { describe, expect, it } from 'vitest';
import { SwiftAgent } from '../../../../agent/io/tls/swift-agent.js';

describe('the name under which connections are kept', () => {
  const agent = new SwiftAgent({ keepAlive: true });
  const here = { host: 'mdm.example', port: 443 };

  it('is the same for the same server from the same address', () => {
    expect(agent.getName({ ...here })).toBe(agent.getName({ ...here }));
    expect(agent.getName({ ...here, localAddress: '127.0.0.8' })).toBe(
      agent.getName({ ...here, localAddress: '127.0.0.8' }),
    );
  });

  it('begins with host and port, by which idle ones are found', () => {
    expect(agent.getName(here)).toMatch(/^mdm\.example:443:/);
  });

  it.each([
    ['another host', { ...here, host: 'other.example' }],
    ['another port', { ...here, port: 8443 }],
    ['another address of this machine', { ...here, localAddress: '127.0.0.8' }],
    ['another family of addresses', { ...here, family: 6 }],
  ])('is another one for %s', (_what, other) => {
    expect(agent.getName(other)).not.toBe(agent.getName(here));
  });
});
