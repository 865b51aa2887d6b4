/** The simulated Resource Groups Tagging API: how far its copy of the tags is behind. */

/** AWS documents no bound; deleted resources were seen for more than 20 minutes (aws/aws-cli#4173, aws/aws-sdk#676). */
export class Tagging {
  /** Of a tag that was written or taken off. */
  lagMs: () => number = () => 0;
  /** Of a resource that was deleted: so long it is told of as if it were there. */
  deletedLagMs: () => number = () => this.lagMs();
}
