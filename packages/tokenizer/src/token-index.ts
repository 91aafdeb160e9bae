import { show, TokenizerError } from './errors.js';
import type { AddedToken, SpecialTokenRole, TokenizerParts } from './tokenizer-parts.js';

/** A special token and its id. */
export interface SpecialToken {
  readonly token: string;
  readonly id: number;
}

/** Tokens and ids of model and added tokens together. */
export interface TokenIndex {
  readonly vocabSize: number;
  readonly specialTokens: Readonly<Partial<Record<SpecialTokenRole, SpecialToken>>>;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  isSpecial(id: number): boolean;
}

/**
 * Joins the model's vocabulary and the added tokens.
 * @throws TokenizerError when two tokens share an id, an id below the highest has no token, or a role has no
 * token
 */
export function indexTokens(parts: TokenizerParts): TokenIndex {
  const { model, addedTokens = [] } = parts;
  const byContent = new Map<string, AddedToken>();
  const byId = new Map<number, AddedToken>();
  const specialIds = new Set<number>();
  for (const token of addedTokens) {
    checkAddedToken(token, parts, { byContent, byId });
    byContent.set(token.content, token);
    byId.set(token.id, token);
    if (token.special) specialIds.add(token.id);
  }
  const tokenToId = (token: string) => byContent.get(token)?.id ?? model.tokenToId(token);
  const specialTokens = resolveRoles(parts, tokenToId);
  const tokens = listTokens(parts, byId);
  const idToToken = (id: number): string | undefined => tokens[id];
  checkTemplates(parts, idToToken);
  for (const special of Object.values(specialTokens)) specialIds.add(special.id);
  return Object.freeze({
    vocabSize: tokens.length,
    specialTokens,
    tokenToId,
    idToToken,
    isSpecial: (id: number) => specialIds.has(id),
  });
}

function checkAddedToken(
  token: AddedToken,
  { model, file }: TokenizerParts,
  known: {
    readonly byContent: ReadonlyMap<string, AddedToken>;
    readonly byId: ReadonlyMap<number, AddedToken>;
  },
): void {
  const other = known.byId.get(token.id)?.content ?? model.idToToken(token.id);
  const otherId = known.byContent.get(token.content)?.id ?? model.tokenToId(token.content);
  const isClash = (other ?? token.content) !== token.content || (otherId ?? token.id) !== token.id;
  if (!isClash && token.content !== '' && !known.byId.has(token.id)) return;
  throw new TokenizerError({
    code: 'malformed-file',
    op: 'createTokenizer',
    ...(file === undefined ? {} : { file }),
    field: 'added_tokens',
    problem:
      `added token ${show(token.content)} has id ${token.id}; ` +
      (other === undefined ? `the token already has id ${otherId}` : `that id belongs to ${show(other)}`),
    remedy: 'added tokens either repeat the vocabulary or come after it, each once.',
  });
}

function checkTemplates(
  { postProcessor, file }: TokenizerParts,
  idToToken: (id: number) => string | undefined,
): void {
  for (const piece of [...(postProcessor?.single ?? []), ...(postProcessor?.pair ?? [])]) {
    const strange = 'ids' in piece ? piece.ids.find((id) => idToToken(id) === undefined) : undefined;
    if (strange === undefined || !('ids' in piece)) continue;
    throw new TokenizerError({
      code: 'malformed-file',
      op: 'createTokenizer',
      ...(file === undefined ? {} : { file }),
      field: 'post_processor',
      problem: `the template puts in ${show(piece.name)} as id ${strange}, which has no token`,
      remedy: 'a post-processor of another vocabulary.',
    });
  }
}

function resolveRoles(
  { specialTokens = {}, file }: TokenizerParts,
  tokenToId: (token: string) => number | undefined,
): Readonly<Partial<Record<SpecialTokenRole, SpecialToken>>> {
  const resolved: Partial<Record<SpecialTokenRole, SpecialToken>> = {};
  for (const [role, token] of Object.entries(specialTokens) as [SpecialTokenRole, string][]) {
    const id = tokenToId(token);
    if (id === undefined) {
      throw new TokenizerError({
        code: 'missing-token',
        op: 'createTokenizer',
        ...(file === undefined ? {} : { file }),
        field: `${role}_token`,
        problem: `the ${role} token ${show(token)} is neither in the vocabulary nor among the added tokens`,
        remedy: 'files of two different tokenizers in one folder, or a vocabulary that was cut.',
      });
    }
    resolved[role] = Object.freeze({ token, id });
  }
  return Object.freeze(resolved);
}

/**
 * Every id from 0 up must have a token: an embedding row without one means that the files do not fit
 * together.
 */
function listTokens(
  { model, file }: TokenizerParts,
  added: ReadonlyMap<number, AddedToken>,
): readonly string[] {
  let beyondModel = 0;
  for (const id of added.keys()) if (model.idToToken(id) === undefined) beyondModel++;
  const size = model.vocabSize + beyondModel;
  const tokens: string[] = [];
  for (let id = 0; id < size; id++) {
    const token = added.get(id)?.content ?? model.idToToken(id);
    if (token !== undefined) {
      tokens.push(token);
      continue;
    }
    throw new TokenizerError({
      code: 'malformed-file',
      op: 'createTokenizer',
      ...(file === undefined ? {} : { file }),
      field: 'vocab',
      problem: `id ${id} has no token, though there are ${size} tokens`,
      remedy: 'a line or an entry was removed; ids must count from 0 without a hole.',
    });
  }
  return tokens;
}
