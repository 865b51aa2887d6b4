/** Which account and region something is in, and the ARNs that follow from it. */

export interface Home {
  /** Twelve digits. */
  readonly id: string;
  readonly region: string;
}

/** The account of whoever has only one. */
export const HOME: Home = { id: '111122223333', region: 'eu-west-1' };
