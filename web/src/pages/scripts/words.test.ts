import { describe, expect, it } from 'vitest';
import { forWhom, often, oftenChoices } from './words';

describe('how often a script runs', () => {
  it('is said in the largest unit', () => {
    expect([0, 5, 60, 90, 1440, 10_080].map(often)).toEqual([
      'Once',
      'Every 5 minutes',
      'Every hour',
      'Every 90 minutes',
      'Every day',
      'Every 7 days',
    ]);
  });
  it('can stay what another way in has set', () => {
    expect(oftenChoices(60)).toHaveLength(7);
    expect(oftenChoices(90).map((c) => c.value)).toContain('90');
  });
});

describe('for whom a script is', () => {
  it('is everybody without a group', () => {
    expect(forWhom([])).toBe('Every computer');
    expect(forWhom([{ id: '1', name: 'Vienna' }])).toBe('Vienna');
  });
});
