/** The names of browsers, those that pretend to be another one first. */
const BROWSERS: [RegExp, string][] = [
  [/Edg[A-Za-z]*\/(\d+)/, 'Edge'],
  [/OPR\/(\d+)/, 'Opera'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/(?:Headless)?Chrome\/(\d+)/, 'Chrome'],
  [/Version\/(\d+).*Safari/, 'Safari'],
];

const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** "Chrome 156 on Linux", as far as a User-Agent tells; itself where it tells nothing that is known. */
export function browserWords(agent: string): string {
  const browser = BROWSERS.find(([is]) => is.test(agent));
  const system = SYSTEMS.find(([is]) => is.test(agent));
  if (!browser) return agent;
  const name = `${browser[1]} ${browser[0].exec(agent)?.[1] ?? ''}`.trim();
  return system ? `${name} on ${system[1]}` : name;
}
