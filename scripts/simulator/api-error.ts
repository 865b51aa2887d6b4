/** An error as AWS answers it. */

export class ApiError extends Error {
  /** The error code, such as `ClusterNotFoundException`. */
  override readonly name: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.status = status;
  }
}
