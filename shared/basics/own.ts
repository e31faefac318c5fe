/**
 * A member that an object has itself: names that people give (of rules, of reasons) may be those of what every object has.
 *
 * @example
 * own({}, 'constructor') // undefined
 */
export const own = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined
