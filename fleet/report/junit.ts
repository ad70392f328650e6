import { visible } from '../../base/terminal.js';
import type { RunResult } from './result.js';

/** As the value of an attribute: control characters visible, what else XML 1.0 cannot hold left out (Char, section 2.2). */
const escapeXml = (text: string) =>
  visible(text)
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The run as JUnit XML: a case per step (failed when a device failed), one per threshold, one for a run that broke off; what was not checked is skipped. */
export function renderJunit(result: RunResult): string {
  const steps = result.steps.map((step) => {
    const errors = Object.entries(step.errors).map(([code, n]) => `${code} x ${n}`);
    const unfinished = step.cutOff + step.notStarted;
    const problems = [
      ...(step.failures > 0 ? [`${step.failures} of ${step.count} devices failed: ${errors.join(', ')}`] : []),
      ...(unfinished > 0 ? [`${unfinished} devices did not get to the end`] : []),
      ...(step.count === 0 && step.skipped > 0 ? [`all ${step.skipped} devices had failed before`] : []),
    ];
    return {
      name: step.name,
      seconds: step.tookMs / 1000,
      problem: problems.length === 0 ? undefined : problems.join('; '),
    };
  });
  const thresholds = result.verdicts.map((verdict) => ({
    name: verdict.threshold,
    seconds: 0,
    problem: verdict.passed ? undefined : `measured ${verdict.actual}`,
  }));
  const isWhole = result.outcome === 'passed' || result.outcome === 'failed';
  const whole = isWhole ? [] : [{ name: 'whole run', seconds: 0, problem: result.problem ?? result.outcome }];
  const cases = [...steps, ...thresholds, ...whole];
  const body = cases.map(({ name, seconds, problem }) => {
    const head = `    <testcase classname="${escapeXml(result.scenario)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`;
    return problem === undefined ? `${head}/>` : `${head}><failure message="${escapeXml(problem)}"/></testcase>`;
  });
  const omitted = result.omitted.map(
    ({ name, why }) =>
      `    <testcase classname="${escapeXml(result.scenario)}" name="${escapeXml(name)}" time="0.000"><skipped message="${escapeXml(why)}"/></testcase>`,
  );
  const skipped = omitted.length === 0 ? '' : ` skipped="${omitted.length}"`;
  const failed = cases.filter((each) => each.problem !== undefined).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escapeXml(result.scenario)}" tests="${cases.length + omitted.length}" failures="${failed}"${skipped} time="${(result.tookMs / 1000).toFixed(3)}" timestamp="${result.startedAt}">`,
    ...body,
    ...omitted,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
