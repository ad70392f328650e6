// EnterpriseDesktopAppManagement: MSI packages, by their state alone (specs/windows.md §2.0; Learn). Nothing is downloaded and no
// installer is run: a job that can be read ends well.
import { readMsiInstallJob } from '../../../../protocol/csp/msi-install-job.js';
import { dropWorksOf } from '../effects.js';
import { isRefused, judged } from './leaves.js';
import type { CspContext, CspModule, NodeAddress } from './module.js';
import { doInstallWork, installStatus, installWork } from './msi-install.js';
import { namesBelow, notAllowed, schemaPath } from './path.js';

const csp = 'EnterpriseDesktopAppManagement';
const roots = [`./Device/Vendor/MSFT/${csp}`, `./User/Vendor/MSFT/${csp}`] as const;
const product = 'MSI/{ProductID}';

/**
 * UpgradeCode lists upgrade codes of what is installed. An MsiInstallJob names none and no package is opened, so it is empty, and a
 * server that looks for one reads 404: no product to be upgraded.
 */
export const enterpriseDesktopAppManagementModule: CspModule = {
  roots,
  get(node, { tree }) {
    const isStatus = schemaPath(node, csp) === `${product}/Status` && tree.has(productOf(node));
    return isStatus && tree.value(node.uri) === undefined ? installStatus.initialized : undefined;
  },
  written({ verb, node }, context) {
    if (verb === 'Delete') deleted(node, context);
    return undefined;
  },
  async exec(node, item, { tree, effect }) {
    if (schemaPath(node, csp) !== `${product}/DownloadInstall`)
      return notAllowed('only DownloadInstall is executed here');
    const job = judged(() => readMsiInstallJob(item.data ?? ''));
    if (isRefused(job)) return job.refused;
    const uri = productOf(node);
    for (const leaf of ['LastError', 'LastErrorDesc']) tree.set(`${uri}/${leaf}`, undefined);
    tree.set(`${uri}/Status`, installStatus.initialized);
    effect({ kind: 'work', work: installWork(rootOf(node), uri, idOf(node), node.scope === 'user', job) });
    return { status: 200 };
  },
  work: doInstallWork,
};

const rootOf = ({ scope }: NodeAddress): string => (scope === 'user' ? roots[1] : roots[0]);

/** The product code as it was written first. */
const idOf = (node: NodeAddress): string => namesBelow(node, csp)[1] ?? '';

/** The address of {ProductID} for that node or one below it. */
const productOf = (node: NodeAddress): string =>
  node.uri
    .split('/')
    .slice(0, rootOf(node).split('/').length + 2)
    .join('/');

/** A product that is deleted is uninstalled (Learn); one whose DownloadInstall alone is deleted is not installed any further. */
function deleted(node: NodeAddress, { tree, device, memory, effect }: CspContext): void {
  const path = schemaPath(node, csp);
  if (path !== product && path !== `${product}/DownloadInstall`) return;
  dropWorksOf(productOf(node), memory);
  if (path !== product) return;
  const id = idOf(node);
  const others = roots.map((root) => node.uri.replace(rootOf(node), root)).filter((uri) => uri !== node.uri);
  const isElsewhere = others.some((uri) => tree.value(`${uri}/Status`) === installStatus.installed);
  const app = device.state.apps.find((each) => each.managed && each.id.toLowerCase() === id.toLowerCase());
  if (app !== undefined && !isElsewhere) effect({ kind: 'remove-app', id: app.id });
}
