/** What a map says, in the language of its page. */
export interface MapWords {
  /** By which numbers are written and countries are named. */
  language: string;
  nearer: string;
  farther: string;
  showAll: string;
  /** Which keys do what. */
  keys: string;
  /** The operator's map server cannot be reached. */
  gone: (host: string) => string;
  /** Some of its tiles cannot be fetched. */
  torn: string;
}

export const english: MapWords = {
  language: 'en',
  nearer: 'Zoom in',
  farther: 'Zoom out',
  showAll: 'Show all',
  keys: 'The arrow keys move it, + and - zoom, 0 shows all.',
  gone: (host) => `No map can be fetched from ${host}: this is the outline that Drover brings along.`,
  torn: 'A part of the map cannot be fetched.',
};
