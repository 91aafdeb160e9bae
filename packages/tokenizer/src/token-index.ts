import { show, TokenizerError, type TokenizerErrorCode, type TokenizerErrorFacts } from './errors.js';
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
  checkTemplates(parts, tokens);
  for (const special of Object.values(specialTokens)) specialIds.add(special.id);
  return Object.freeze({
    vocabSize: tokens.length,
    specialTokens,
    tokenToId,
    idToToken: (id: number) => tokens[id],
    isSpecial: (id: number) => specialIds.has(id),
  });
}

/** The error of a part that does not fit the others. */
function misfit(
  { file }: TokenizerParts,
  facts: Pick<TokenizerErrorFacts, 'field' | 'problem' | 'remedy'> & { readonly code?: TokenizerErrorCode },
): TokenizerError {
  return new TokenizerError({ code: 'malformed-file', op: 'createTokenizer', file, ...facts });
}

function checkAddedToken(
  token: AddedToken,
  parts: TokenizerParts,
  known: {
    readonly byContent: ReadonlyMap<string, AddedToken>;
    readonly byId: ReadonlyMap<number, AddedToken>;
  },
): void {
  const { content, id } = token;
  const other = known.byId.get(id)?.content ?? parts.model.idToToken(id);
  const otherId = known.byContent.get(content)?.id ?? parts.model.tokenToId(content);
  const isClash = (other ?? content) !== content || (otherId ?? id) !== id;
  if (!isClash && content !== '' && !known.byId.has(id)) return;
  const owner =
    other === undefined ? `the token already has id ${otherId}` : `that id belongs to ${show(other)}`;
  throw misfit(parts, {
    field: 'added_tokens',
    problem: `added token ${show(content)} has id ${id}; ${owner}`,
    remedy: 'they repeat the vocabulary or come after it, each once.',
  });
}

function checkTemplates(parts: TokenizerParts, tokens: readonly string[]): void {
  const { single = [], pair = [] } = parts.postProcessor ?? {};
  for (const piece of [...single, ...pair]) {
    const strange = 'ids' in piece && piece.ids.find((id) => tokens[id] === undefined);
    if (strange === undefined || strange === false) continue;
    throw misfit(parts, {
      field: 'post_processor',
      problem: `the template puts in id ${strange}, which has no token`,
    });
  }
}

function resolveRoles(
  parts: TokenizerParts,
  tokenToId: (token: string) => number | undefined,
): Readonly<Partial<Record<SpecialTokenRole, SpecialToken>>> {
  const resolved = Object.entries(parts.specialTokens ?? {}).map(([role, token]) => {
    const id = tokenToId(token);
    if (id !== undefined) return [role, Object.freeze({ token, id })];
    throw misfit(parts, {
      code: 'missing-token',
      field: `${role}_token`,
      problem: `the ${role} token ${show(token)} is not in the vocabulary`,
    });
  });
  return Object.freeze(Object.fromEntries(resolved));
}

/**
 * Every id from 0 up must have a token: an embedding row without one means that the files do not fit
 * together.
 */
function listTokens(parts: TokenizerParts, added: ReadonlyMap<number, AddedToken>): readonly string[] {
  const { model } = parts;
  const beyondModel = [...added.keys()].filter((id) => model.idToToken(id) === undefined);
  const size = model.vocabSize + beyondModel.length;
  return Array.from({ length: size }, (_, id) => {
    const token = added.get(id)?.content ?? model.idToToken(id);
    if (token !== undefined) return token;
    throw misfit(parts, {
      field: 'vocab',
      problem: `id ${id} has no token, though there are ${size} tokens`,
      remedy: 'ids count from 0 without a hole: fetch the file again.',
    });
  });
}
