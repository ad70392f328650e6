// The connections that requests go through: those of one session, or those that sessions share.
import { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Offer } from './tls/contexts.js';
import type { Seen } from './tls/server-judge.js';
import { type Endpoint, SwiftAgent } from './tls/swift-agent.js';

const maxSocketsPerSession = 6;

/** The connections that requests go through; each kind of agent is made when first needed. */
export interface Agents {
  readonly isOwn: boolean;
  /** A resumed session presents nothing. */
  readonly seen: Seen;
  http(): HttpAgent;
  https(): HttpsAgent;
  destroy(): void;
}

function agentsOf(isOwn: boolean, maxSockets: number): Agents {
  let http: HttpAgent | undefined;
  let https: HttpsAgent | undefined;
  return {
    isOwn,
    seen: new Map(),
    http: () => {
      http ??= new HttpAgent({ keepAlive: true, maxSockets });
      return http;
    },
    https: () => {
      https ??= new SwiftAgent({ keepAlive: true, maxSockets });
      return https;
    },
    destroy: () => {
      http?.destroy();
      https?.destroy();
    },
  };
}

export const ownAgents = (): Agents => agentsOf(true, maxSocketsPerSession);

/** One set of connections for each identity and way of judging servers: none travels on what another has judged. */
export function sharedAgents() {
  const byOffer = new WeakMap<Offer, Map<string, Agents>>();
  const all = new Set<WeakRef<Agents>>();
  return {
    of(offer: Offer, trust: string): Agents {
      const ofOffer = byOffer.get(offer) ?? new Map<string, Agents>();
      byOffer.set(offer, ofOffer);
      let agents = ofOffer.get(trust);
      if (agents === undefined) {
        agents = agentsOf(false, Number.POSITIVE_INFINITY);
        ofOffer.set(trust, agents);
        if (all.size >= 1000) for (const ref of all) if (ref.deref() === undefined) all.delete(ref);
        all.add(new WeakRef(agents));
      }
      return agents;
    },
    destroy(): void {
      for (const ref of all) ref.deref()?.destroy();
      all.clear();
    },
  };
}

/** Closes idle connections to this server. Node names them by host, port and then much else. */
export function dropIdle(agent: HttpAgent, { host, port }: Endpoint): void {
  for (const [name, sockets] of Object.entries(agent.freeSockets))
    if (name.startsWith(`${host}:${port}:`)) for (const socket of sockets ?? []) socket.destroy();
}
