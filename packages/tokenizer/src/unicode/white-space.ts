/** True for code points with the property White_Space, which has not changed since Unicode 6.3. */
export function isWhiteSpace(codePoint: number): boolean {
  return /\p{White_Space}/u.test(String.fromCodePoint(codePoint));
}
