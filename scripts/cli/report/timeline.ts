/** What happened over time, as plain data: what the report page draws, and nothing else. All times in milliseconds since 1970. */

export interface TaskLane {
  readonly arn: string;
  /** `service:web`, `family:report`. */
  readonly group: string;
  readonly ip: string | undefined;
  /** Every state in order; `released` is the moment at which the address was free for others. */
  readonly states: readonly { readonly atMs: number; readonly last: string; readonly desired: string }[];
}

/** A stretch of time in which an address was a target: registered, then perhaps draining. */
export interface TargetSpan {
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly fromMs: number;
  /** When it was deregistered; undefined while it is still registered. */
  readonly deregisteredMs: number | undefined;
  /** When it had drained; undefined while it still does, or was never deregistered. */
  readonly goneMs: number | undefined;
}

/** A change of a target, as people and programs are told of it. */
interface ToldChange {
  readonly kind: 'register' | 'deregister';
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly because: string;
  readonly taskArn: string;
}

export interface ChangeMark extends ToldChange {
  readonly atMs: number;
}

export interface EventMark {
  readonly atMs: number;
  readonly id: string;
  /** What it was taken for; `lost` is one that never came, at the time at which it was sent. */
  readonly reading: 'hint' | 'ignored' | 'unreadable' | 'lost';
  readonly because: string;
  readonly taskArn: string | undefined;
  readonly file: string;
}

export interface FindingMark {
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly command: string | null | undefined;
  /** Since when, as far as anything dates it. An ISO time, as is the next. */
  readonly since?: string | null | undefined;
  /** When it was over; without this it still is the case. */
  readonly until?: string | null | undefined;
}

/** Tasks of this ECS group belong in this target group. */
export interface BindingMark {
  readonly group: string;
  readonly targetGroup: string;
}

export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tasks: readonly TaskLane[];
  readonly targets: readonly TargetSpan[];
  readonly changes: readonly ChangeMark[];
  readonly events: readonly EventMark[];
  readonly calls: readonly { readonly atMs: number; readonly operation: string }[];
  /** Where tasks belong. Of a group without one, a task belongs where any other task of the group was registered. */
  readonly bindings: readonly BindingMark[];
}
