import type { RunResult } from './result.js';

const escapeXml = (text: string) =>
  text
    .replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');

/** The run as JUnit XML: a case per step (failed when a device failed) and a case per threshold. */
export function renderJunit(result: RunResult): string {
  const steps = result.steps.map((step) => ({
    name: step.name,
    seconds: step.tookMs / 1000,
    problem:
      step.failures === 0
        ? undefined
        : `${step.failures} of ${step.count} devices failed: ${Object.entries(step.errors)
            .map(([code, n]) => `${code} x ${n}`)
            .join(', ')}`,
  }));
  const thresholds = result.verdicts.map((verdict) => ({
    name: verdict.threshold,
    seconds: 0,
    problem: verdict.passed ? undefined : `measured ${verdict.actual}`,
  }));
  const cases = [...steps, ...thresholds];
  const body = cases.map(({ name, seconds, problem }) => {
    const head = `    <testcase classname="${escapeXml(result.scenario)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`;
    return problem === undefined ? `${head}/>` : `${head}><failure message="${escapeXml(problem)}"/></testcase>`;
  });
  const failed = cases.filter((each) => each.problem !== undefined).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escapeXml(result.scenario)}" tests="${cases.length}" failures="${failed}" time="${(result.tookMs / 1000).toFixed(3)}" timestamp="${result.startedAt}">`,
    ...body,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
