// How one turn of a device reaches the network: observed for its step's figures, from an address of its own.
import type { HttpObservation, Ports } from '../../agent/index.js';
import type { Sink, Subject } from '../metrics/sink.js';
import type { Through } from './population.js';

export interface Watched {
  readonly sink: Sink;
  readonly subject: (operation: string) => Subject;
  readonly ageMs: () => number;
  readonly localAddress?: string | undefined;
}

/** The ports with every exchange counted at its operation; what has no name is `other`. */
export function watched({ sink, subject, ageMs, localAddress }: Watched): Through {
  const observe = (observation: HttpObservation): void =>
    count(sink, subject(observation.operation ?? 'other'), ageMs(), observation);
  const more = { observe, ...(localAddress === undefined ? {} : { localAddress }) };
  return (ports: Ports): Ports => ({ ...ports, http: { open: (options) => ports.http.open({ ...options, ...more }) } });
}

function count(sink: Sink, subject: Subject, age: number, observation: HttpObservation): void {
  const { status, code, totalMs, sentBytes, receivedBytes, reused, resumed, isRetry } = observation;
  sink.operation(subject, totalMs, age, code ?? (status !== undefined && status >= 400 ? `HTTP_${status}` : undefined));
  sink.count(subject, 'requests', 1, age);
  if (sentBytes > 0) sink.count(subject, 'sentBytes', sentBytes, age);
  if (receivedBytes > 0) sink.count(subject, 'receivedBytes', receivedBytes, age);
  if (!reused) sink.count(subject, 'connections', 1, age);
  if (resumed === true) sink.count(subject, 'resumed', 1, age);
  if (isRetry === true) sink.count(subject, 'retries', 1, age);
}
