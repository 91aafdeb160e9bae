import { TokenizerError } from '../errors.js';

/** Bytes of a base64 text. @throws TokenizerError (malformed-file) when it is not base64 */
export function base64ToBytes(
  text: string,
  where: { readonly op: string; readonly file?: string; readonly field: string },
): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new TokenizerError({
      code: 'malformed-file',
      ...where,
      problem: `${where.field} is not base64`,
      cause,
    });
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Base64 of bytes. */
export function bytesToBase64(bytes: Uint8Array): string {
  let binary = '';
  const chunk = 8192;
  for (let i = 0; i < bytes.length; i += chunk) {
    binary += String.fromCharCode(...bytes.subarray(i, i + chunk));
  }
  return btoa(binary);
}
