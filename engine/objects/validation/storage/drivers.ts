import type {
  CSIDriver,
  CSIDriverSpec,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  TokenRequest,
} from '../../generated/storage-v1.generated.ts';
import { withField } from '../../strategy/steps.ts';
import { isDns1123Subdomain, isQualifiedName } from '../../names.ts';
import { JsonText } from '../field-error.ts';
import { asInternal } from '../internal.ts';
import { immutable, plainKind } from '../kind-validation.ts';
import { labelSelector } from '../label-selector.ts';
import { subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { csiDriverName } from '../pod/volume-sources.ts';
import { nonNegativeQuantity } from '../resource-names.ts';
import { byteLength, each, nonNegative, optional, Seen } from '../rules.ts';

/** What CSI drivers tell of themselves, of nodes and of the space they have. */

const shortestToken = 600;
const longestToken = 2 ** 32;

function tokenRequests(list: readonly TokenRequest[] | undefined, at: Place): void {
  const audiences = new Seen();
  each<TokenRequest>(({ audience, expirationSeconds: seconds }, place) => {
    if (!audiences.add(audience)) return place.child('audience').duplicate(audience);
    if (seconds === undefined) return;
    const secondsAt = place.child('expirationSeconds');
    if (seconds < shortestToken) {
      secondsAt.invalid(seconds, 'may not specify a duration less than 10 minutes');
    }
    if (seconds > longestToken) {
      secondsAt.invalid(seconds, 'may not specify a duration larger than 2^32 seconds');
    }
  })(list, at);
}

const policies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const modes = ['Persistent', 'Ephemeral'];

function driverSpec(spec: CSIDriverSpec, at: Place): void {
  const { fsGroupPolicy: policy, nodeAllocatableUpdatePeriodSeconds: period } = spec;
  if (policy !== undefined && !policies.includes(policy)) {
    at.child('fsGroupPolicy').notSupported(new JsonText(policy), policies);
  }
  tokenRequests(spec.tokenRequests, at.child('tokenRequests'));
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!modes.includes(mode)) at.child('volumeLifecycleModes').notSupported(mode, modes);
  }
  if (period !== undefined && period < 10) {
    at.child('nodeAllocatableUpdatePeriodSeconds').invalid(
      period,
      'must be greater than or equal to 10 seconds',
    );
  }
  if (spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length) {
    at.child('serviceAccountTokenInSecrets').invalid(
      spec.serviceAccountTokenInSecrets,
      'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
    );
  }
}

export const csiDriver = plainKind<CSIDriver>({
  namespaced: false,
  nameRule: subdomainName,
  rules: ({ spec }, at) => driverSpec(spec, at.child('spec')),
  update: ({ spec }, old, root) => {
    const at = root.child('spec');
    immutable(spec.attachRequired, old.spec.attachRequired, at.child('attachedRequired'));
    immutable(
      spec.volumeLifecycleModes,
      old.spec.volumeLifecycleModes,
      at.child('volumeLifecycleModes'),
    );
  },
});

const longestNodeId = 256;

function nodeDriver(driver: CSINodeDriver, at: Place, names: Seen): void {
  const { name, nodeID, allocatable, topologyKeys } = driver;
  csiDriverName(name, at.child('name'));
  if (nodeID === '') at.child('nodeID').required();
  if (byteLength(nodeID) > longestNodeId) {
    at.child('nodeID').invalid(nodeID, `must be ${longestNodeId} characters or less`);
  }
  nonNegative(allocatable?.count, at.child('allocatable').child('count'));
  if (!names.add(name)) at.child('name').duplicate(name);
  const keys = new Seen();
  for (const key of topologyKeys ?? []) {
    if (key === '') at.required();
    if (!keys.add(key)) at.duplicate(key);
    at.invalidEach(key, isQualifiedName(key));
  }
}

export const csiNode = plainKind<CSINode>({
  namespaced: false,
  nameRule: subdomainName,
  rules: ({ spec }, at) => {
    const names = new Seen();
    each<CSINodeDriver>((driver, place) => nodeDriver(driver, place, names))(
      spec.drivers,
      at.child('spec').child('drivers'),
    );
  },
  update: ({ spec }, old, at) => {
    const place = at.child('spec').child('drivers');
    const withoutCount = (driver: CSINodeDriver) => withField(driver, 'allocatable', undefined);
    for (const before of old.spec.drivers ?? []) {
      for (const driver of spec.drivers ?? []) {
        if (driver.name !== before.name) continue;
        const fixed = withoutCount(driver);
        immutable(fixed, withoutCount(before), place, asInternal('CSINodeDriver', fixed));
      }
    }
  },
});

export const csiStorageCapacity = plainKind<CSIStorageCapacity>({
  namespaced: true,
  nameRule: subdomainName,
  rules: ({ nodeTopology, storageClassName, capacity }, at) => {
    labelSelector(nodeTopology, at.child('nodeTopology'));
    at.child('storageClassName').invalidEach(
      storageClassName,
      isDns1123Subdomain(storageClassName),
    );
    optional(nonNegativeQuantity)(capacity, at.child('capacity'));
  },
  update: (object, old, at) => {
    immutable(object.nodeTopology, old.nodeTopology, at.child('nodeTopology'));
    immutable(object.storageClassName, old.storageClassName, at.child('storageClassName'));
  },
});
