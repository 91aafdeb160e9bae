import { TesseraeError } from '@tesserae/tensor';

/** A file or folder that is not there, may not be read or written, or would be overwritten. */
export class FolderError extends TesseraeError {}

/** A model that could not be had from a hub: no network, no such model, no permission, damaged on the way. */
export class HubError extends TesseraeError {}

/** A name from outside as it may stand in a message: in quotes, never longer than a line. */
export function quoted(name: string): string {
  return `'${name.length > 120 ? `${name.slice(0, 100)}… (${name.length} characters)` : name}'`;
}

/** `a, b, c and 14 more`. */
export function listed(names: readonly string[], limit = 8): string {
  const shown = names.slice(0, limit).map(quoted).join(', ');
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
}
