import { createPacker, createPorts, type Invitation, type Log, openKeyPool, realClock } from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import type { StepFigures } from '../metrics/figures.js';
import { judge, type Verdict } from '../metrics/thresholds.js';
import type { FleetPlan, Step } from '../scenario/plan.js';
import { createAuthorityClient } from './authority-client.js';
