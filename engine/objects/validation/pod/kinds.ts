import type { Pod } from '../../generated/core-v1.generated.ts';
import { kindValidation } from '../kind-validation.ts';
import { podCreation } from './pod.ts';
import { ephemeralContainersUpdate, resize } from './pod-resize.ts';
import { podStatusUpdate } from './pod-status.ts';
import { podUpdate } from './pod-update.ts';

export const pod = kindValidation<Pod>({
  create: podCreation,
  update: podUpdate,
  subresources: {
    status: podStatusUpdate,
    ephemeralcontainers: ephemeralContainersUpdate,
    resize,
  },
});
