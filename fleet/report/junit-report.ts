import { visible } from '../../base/terminal.js';
import { type Case, casesOf, type Outcome } from './cases.js';
import type { Summary } from './summary.js';

/** A run as JUnit XML, whose cases are those of cases.ts. */
export function renderJunit(summary: Summary): string {
  const cases = casesOf(summary);
  const count = (kind: Outcome['kind']) => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  const attributes = [
    `name="${escaped(summary.scenario)}"`,
    `tests="${cases.length}"`,
    `failures="${count('failure')}"`,
    `errors="${count('error')}"`,
    `skipped="${count('skipped')}"`,
    `time="${seconds(summary.tookMs)}"`,
    `timestamp="${escaped(summary.startedAt)}"`,
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite ${attributes.join(' ')}>`,
    ...properties(summary),
    ...cases.map((each) => caseOf(summary.scenario, each)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function properties(summary: Summary): string[] {
  const values = {
    seed: summary.seed,
    run: summary.runId,
    server: summary.server.url,
    outcome: summary.outcome,
    rollcall: summary.versions.rollcall,
  };
  return [
    '    <properties>',
    ...Object.entries(values).map(([name, value]) => `      <property name="${name}" value="${escaped(value)}"/>`),
    '    </properties>',
  ];
}

function caseOf(scenario: string, { name, tookMs, outcome, remark }: Case): string {
  const head = `    <testcase classname="${escaped(scenario)}" name="${escaped(name)}" time="${seconds(tookMs)}"`;
  if (outcome !== undefined) return `${head}>${outcomeOf(outcome)}</testcase>`;
  return remark === undefined ? `${head}/>` : `${head}><system-out>${escaped(remark)}</system-out></testcase>`;
}

function outcomeOf({ kind, message, type, body = '' }: Outcome): string {
  const attributes = `${type === undefined ? '' : ` type="${escaped(type)}"`} message="${escaped(message)}"`;
  return body === '' ? `<${kind}${attributes}/>` : `<${kind}${attributes}>${escaped(body)}</${kind}>`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** For an attribute or between tags: control characters visible, what else XML 1.0 cannot hold left out (Char, section 2.2). */
const escaped = (text: string): string =>
  visible(text)
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
