/**
 * The checksum by which the SDK signs requests, for a bundle that only ever runs on Node.
 *
 * template.yaml aliases `@smithy/core/checksum` to this file. That package also brings SHA-256 in JavaScript, for platforms
 * without it; Lambda's Node always has its own, and every cold start would read, parse and compile the other.
 *
 * The name is the one that the three clients import. A client that comes to need another one stops the build.
 */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

type Bytes = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, or with a secret the HMAC of it, as the SDK's signer asks for it: an object for each signature. */
export class Sha256 {
  readonly digestLength = 32;
  readonly #secret: Buffer | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Bytes) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#hash = this.#begin();
  }

  update(data: Bytes): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function bytesOf(data: Bytes): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
