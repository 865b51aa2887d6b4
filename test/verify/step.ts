/** One thing that `npm run verify` looks at. */
export interface Step {
  readonly name: string;
  /** Resolves to what is worth telling beside "ok", or rejects with the reason. */
  run(): Promise<string>;
}
