import { ApiError } from '../../api/client';
import type { Software, SoftwareVersion } from '../../api/types';

/** A question has so many tests, each of which has a name of its own in the address. */
export const MOST_TESTS = 8;
const NAMES = Array.from({ length: MOST_TESTS }, (_, i) => `ask${i + 1}`);

/** Longer ones are not taken from an address. */
export const LONGEST_TEST = 200;

type Address = Record<string, string | undefined>;

/** The question that an address holds. */
export const testsOf = (address: Address): string[] => NAMES.flatMap((name) => address[name] || []);

/** The part of an address that holds a question. */
export const addressOf = (tests: string[]): Address =>
  Object.fromEntries(NAMES.map((name, i) => [name, tests[i] ?? '']));

/** The test that devices with a version of a program fulfil. What would be read as a comparison stands for anything. */
export function testFor(program: Software, version: SoftwareVersion['version']): string {
  const name = program.name.replace(/[<>=~!]+/g, '*');
  const whole = `${program.source}:${name}`;
  return version ? `${whole}=${version}` : whole;
}

/** What the server finds wrong with a question, "" when it has found nothing or failed otherwise. */
export const faultOf = (error: unknown): string =>
  error instanceof ApiError && (error.status === 400 || error.status === 422) ? error.message : '';
