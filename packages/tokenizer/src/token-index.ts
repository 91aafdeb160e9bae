import { show, TokenizerError, type TokenizerErrorCode, type TokenizerErrorFacts } from './errors.js';
import type { AddedToken, SpecialTokenRole, TokenizerParts } from './tokenizer-parts.js';

/** A special token and its id. */
export interface SpecialToken {
  readonly token: string;
  readonly id: number;
}

interface TokenNames {
  readonly tokenToId: (token: string) => number | undefined;
  readonly idToToken: (id: number) => string | undefined;
}

/** Tokens and ids of model and added tokens together. */
export interface TokenIndex extends TokenNames {
  readonly vocabSize: number;
  readonly specialTokens: Readonly<Partial<Record<SpecialTokenRole, SpecialToken>>>;
  isSpecial(id: number): boolean;
}

/**
 * Joins the model's vocabulary and the added tokens.
 * @throws TokenizerError when two tokens share an id, an id below the highest has no token, or a role has no
 * token
 */
export function indexTokens(parts: TokenizerParts): TokenIndex {
  const { model, addedTokens = [] } = parts;
  const byContent = new Map<string, number>();
  const byId = new Map<number, string>();
  const specialIds = new Set<number>();
  const names: TokenNames = {
    tokenToId: (token) => byContent.get(token) ?? model.tokenToId(token),
    idToToken: (id) => model.idToToken(id) ?? byId.get(id),
  };
  let vocabSize = model.vocabSize;
  for (const { content, id, special } of addedTokens) {
    const other = names.idToToken(id);
    const otherId = names.tokenToId(content);
    const isClash = (other ?? content) !== content || (otherId ?? id) !== id;
    if (isClash || content === '' || byId.has(id)) throw clash(parts, { content, id, other, otherId });
    if (other === undefined) vocabSize++;
    byContent.set(content, id);
    byId.set(id, content);
    if (special) specialIds.add(id);
  }
  const specialTokens = resolveRoles(parts, names);
  checkIds(parts, vocabSize, names);
  checkTemplates(parts, names);
  for (const special of Object.values(specialTokens)) specialIds.add(special.id);
  return Object.freeze({
    vocabSize,
    specialTokens,
    ...names,
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

interface Clash extends Pick<AddedToken, 'content' | 'id'> {
  /** The token that has the id. */
  readonly other: string | undefined;
  /** The id that the token has. */
  readonly otherId: number | undefined;
}

function clash(parts: TokenizerParts, { content, id, other, otherId }: Clash): TokenizerError {
  const owner =
    other === undefined ? `the token already has id ${otherId}` : `that id belongs to ${show(other)}`;
  return misfit(parts, {
    field: 'added_tokens',
    problem: `added token ${show(content)} has id ${id}; ${owner}`,
    remedy: 'they repeat the vocabulary or come after it, each once.',
  });
}

function checkTemplates(parts: TokenizerParts, { idToToken }: TokenNames): void {
  const { single = [], pair = [] } = parts.postProcessor ?? {};
  for (const piece of [...single, ...pair]) {
    const strange = 'ids' in piece && piece.ids.find((id) => idToToken(id) === undefined);
    if (strange === undefined || strange === false) continue;
    throw misfit(parts, {
      field: 'post_processor',
      problem: `the template puts in id ${strange}, which has no token`,
    });
  }
}

function resolveRoles(
  parts: TokenizerParts,
  { tokenToId }: TokenNames,
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

/** Every id from 0 up must have a token: an embedding row without one means that the files do not fit together. */
function checkIds(parts: TokenizerParts, vocabSize: number, { idToToken }: TokenNames): void {
  for (let id = 0; id < vocabSize; id++) {
    if (idToToken(id) !== undefined) continue;
    throw misfit(parts, {
      field: 'vocab',
      problem: `id ${id} has no token, though there are ${vocabSize} tokens`,
      remedy: 'ids count from 0 without a hole: fetch the file again.',
    });
  }
}
