/** Collects the anchors of docs/errors.md that the packages' sources refer to. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** An anchor, and where a source file names it. */
interface PageUse {
  readonly page: string;
  readonly file: string;
}

const tokenizerCodes = 'TokenizerErrorCode';

/** Every anchor named in the sources of the packages under `root`, tests left out. */
export function collectPages(root: string): readonly PageUse[] {
  const packages = readdirSync(join(root, 'packages'));
  const files = packages.flatMap((name) => sourceFiles(join(root, 'packages', name, 'src')));
  const trees = files.map((file) =>
    ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true),
  );
  const positions = new Map(trees.flatMap((tree) => pageParameters(tree)));
  return trees.flatMap((tree) => {
    const file = tree.fileName.slice(root.length);
    return pagesOf(tree, positions).map((page) => ({ page, file }));
  });
}

function sourceFiles(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Functions that take the anchor as an argument called `page`, with its position. */
function pageParameters(tree: ts.SourceFile): readonly (readonly [name: string, position: number])[] {
  return nodesOf(tree).flatMap((node) => {
    if (!ts.isFunctionDeclaration(node) || node.name === undefined) return [];
    const position = node.parameters.findIndex((parameter) => parameter.name.getText() === 'page');
    return position < 0 ? [] : [[node.name.text, position] as const];
  });
}

function pagesOf(tree: ts.SourceFile, positions: ReadonlyMap<string, number>): readonly string[] {
  return nodesOf(tree).flatMap((node) => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'page') return literalsIn(node.initializer);
    const isNamed = ts.isParameter(node) || ts.isBindingElement(node) || ts.isVariableDeclaration(node);
    if (isNamed && node.name.getText() === 'page') {
      return node.initializer === undefined ? [] : literalsIn(node.initializer);
    }
    if (ts.isCallExpression(node)) {
      const argument = node.arguments[positions.get(node.expression.getText()) ?? Infinity];
      return argument === undefined ? [] : literalsIn(argument);
    }
    const isCodes = ts.isTypeAliasDeclaration(node) && node.name.text === tokenizerCodes;
    return isCodes ? literalsIn(node.type).map((code) => `tokenizer-${code}`) : [];
  });
}

/** The strings an expression may give; the condition of a choice is not among them. */
function literalsIn(node: ts.Node): readonly string[] {
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(literalsIn);
  if (ts.isUnionTypeNode(node)) return node.types.flatMap(literalsIn);
  return ts.isLiteralTypeNode(node) ? literalsIn(node.literal) : [];
}

function nodesOf(root: ts.Node): readonly ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return nodes;
}

/** Anchors of a Markdown page whose sections are headed by codes: the slug of each `###` heading. */
export function headingsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading!);
}
