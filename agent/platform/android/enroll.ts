// Joining an authority (specs/android.md §1.3, §1.9): all of it, or nothing stays. It stands after the first apply and sync/info.
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import { isObject, type JsonValue } from '../../../base/json.js';
import { shownAddress } from '../../../base/shown-address.js';
import { visibleLine } from '../../../base/terminal.js';
import { messages } from '../../../protocol/headwind/messages.js';
import { defaultSecret } from '../../../protocol/headwind/signature.js';
import { readCertificates } from '../../../protocol/x509/pem.js';
import { agentError } from '../../errors.js';
import type { Invitation } from '../driver.js';
import { troubleOf } from '../trouble.js';
import { deviceInfoOf } from './apply/device-info.js';
import { AndroidMemory } from './memory.js';
import { applyProfiles } from './profiles/apply.js';
import { type Setup } from './provisioning.js';
import { isSuccessful, statusRefusal } from './reply.js';
import type { AndroidData } from './saved.js';
import { type Session, sendInfo, update } from './update.js';
