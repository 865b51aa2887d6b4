/** Cloud Map's side of the comparison: an instance, and the service that lists it. */

import type { InstanceBinding } from '../binding.ts';
import type { CloudMapServiceArn, IpAddress } from '../values.ts';

/** An instance as ListInstances returns it, as far as the check reads it. Its health at registration is not its health. */
export interface Instance {
  readonly id: string;
  readonly ipv4: IpAddress | undefined;
  readonly ipv6: IpAddress | undefined;
  readonly port: number | undefined;
  /** Whether ECS wrote it: it carries ECS_SERVICE_NAME, or the DeploymentId of Service Connect. */
  readonly ofEcs: boolean;
  /** Name of the cluster that it says its task runs in. */
  readonly cluster?: string | undefined;
}

/** A Cloud Map service with everything that binds it. */
export interface InstanceService {
  readonly service: CloudMapServiceArn;
  readonly bindings: readonly InstanceBinding[];
  /** Service Connect made it, and looks after its instances by itself. */
  readonly isManaged: boolean;
}
