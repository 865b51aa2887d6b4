/** An error as AWS answers it. */

export class ApiError extends Error {
  /** The error code, such as `ClusterNotFoundException`. */
  override readonly name: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    // AWS answers without a stack, and to walk it takes longer than to answer.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = code;
    this.status = status;
  }
}
