import type {
  DeviceClaim,
  DeviceRequest,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceClaimTemplate,
} from '../generated/resource-v1.generated.ts';
import { defaulting, each } from './defaulting.ts';

/** Defaults of dynamic resource allocation (upstream's `apis/resource/v1`). */

const tolerations = each(defaulting<DeviceToleration>({ missing: { operator: 'Equal' } }));

/** Exactly one device, unless something else is asked for. */
const amount = {
  allocationMode: 'ExactCount' as const,
  count: ({ allocationMode }: { readonly allocationMode?: string }) =>
    allocationMode === 'ExactCount' ? 1 : undefined,
};

const deviceRequest = defaulting<DeviceRequest>({
  within: {
    exactly: defaulting<ExactDeviceRequest>({ missing: amount, within: { tolerations } }),
    firstAvailable: each(
      defaulting<DeviceSubRequest>({ missing: amount, within: { tolerations } }),
    ),
  },
});

const claimSpec = defaulting<ResourceClaimSpec>({
  within: { devices: defaulting<DeviceClaim>({ within: { requests: each(deviceRequest) } }) },
});

export const resourceClaim = defaulting<ResourceClaim>({
  within: {
    spec: claimSpec,
    status: defaulting({
      within: {
        allocation: defaulting({
          within: {
            devices: defaulting({
              within: { results: each(defaulting({ within: { tolerations } })) },
            }),
          },
        }),
      },
    }),
  },
});

export const resourceClaimTemplate = defaulting<ResourceClaimTemplate>({
  within: { spec: defaulting({ within: { spec: claimSpec } }) },
});
