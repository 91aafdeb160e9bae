/**
 * Lines of a stream of UTF-8, without their line feeds; a carriage return is part of its line.
 * The last line counts although nothing ends it, unless it is empty.
 */
export async function* textLines(
  stream: AsyncIterable<Uint8Array | string>,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest: string[] = [];
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    const lines = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    rest.push(lines[0]!);
    if (lines.length === 1) continue;
    yield rest.join('');
    for (let i = 1; i + 1 < lines.length; i++) yield lines[i]!;
    rest = [lines.at(-1)!];
  }
  rest.push(decoder.decode());
  const last = rest.join('');
  if (last !== '') yield last;
}
