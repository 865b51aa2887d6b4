/** What a captured file is made of, once every envelope around it has been opened. */

/** Where something stood, in words that let a person find it: a file, and the way through its envelopes. */
export interface Place {
  /** The file's name as it was given, or `-` for standard input. */
  readonly file: string;
  /** The way inside the file, such as `line 3` or `Records[2].body`; empty for the whole file. */
  readonly position: string;
}

export type Snapshot =
  /** `aws ecs describe-tasks` */
  (
    | { readonly kind: 'tasks'; readonly tasks: readonly unknown[] }
    /** `aws elbv2 describe-target-health` */
    | { readonly kind: 'targets'; readonly targets: readonly unknown[] }
    /** `aws servicediscovery list-instances` */
    | { readonly kind: 'instances'; readonly instances: readonly unknown[] }
  ) & {
    /** One element of an answer, which `--query` or jq has taken out of it. */
    readonly isLoose?: true;
    /** The answer has a NextToken: what follows is its next page. */
    readonly goesOn?: true;
  };

export type Item =
  /** An EventBridge event, or what claims to be one: the function itself says what it takes it for. */
  | {
      readonly kind: 'event';
      readonly event: unknown;
      readonly place: Place;
      /** Only its detail was there. */
      readonly isDetail?: true;
    }
  /** An answer of an AWS API: the state in which the replay begins. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly place: Place }
  /** Something that is none of these; it is counted and listed, and the rest is replayed. */
  | { readonly kind: 'unreadable'; readonly because: string; readonly place: Place };
