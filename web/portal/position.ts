/** What an entry says, whose form the API leaves open. */
type Body = Record<string, unknown>;

export const numberOf = (body: Body, key: string) => (typeof body[key] === 'number' ? body[key] : 0);

/** Where a device was, in degrees and metres. */
export const positionOf = (body: Body) => ({
  latitude: numberOf(body, 'latitude'),
  longitude: numberOf(body, 'longitude'),
  accuracy: numberOf(body, 'accuracy'),
});
