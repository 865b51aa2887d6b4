/** Reads the fields of a call's input, which comes from any client and is not trusted. */
import { isObject, type JsonObject } from '../../functions/core/json.ts';

export type Input = JsonObject;

export function text(input: Input, key: string): string | undefined {
  const value = input[key];
  return typeof value === 'string' ? value : undefined;
}

export function texts(input: Input, key: string): string[] {
  const value = input[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

export function objects(input: Input, key: string): Input[] {
  const value = input[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function whole(input: Input, key: string): number | undefined {
  const value = input[key];
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** What ECS calls a service or a definition by; it takes their ARNs as well. */
export function nameIn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** One page of a list: the token is where the next one begins. */
export function pageOf<Item>(
  all: readonly Item[],
  token: string | undefined,
  sizeMax: number,
  sizeAsked: number | undefined,
): PageOf<Item> {
  const from = token === undefined ? 0 : Number(token);
  const to = from + Math.min(sizeMax, sizeAsked ?? sizeMax);
  return { items: all.slice(from, to), nextToken: to < all.length ? String(to) : undefined };
}
