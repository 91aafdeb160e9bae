/** ESLint rule: everything exported by a library carries a docstring. */

const documentedDeclarations = new Set([
  'FunctionDeclaration',
  'ClassDeclaration',
  'VariableDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'TSEnumDeclaration',
]);

/** A record that is given a `summary`, as every op is, documents itself. */
function hasSummary(declaration) {
  const value = declaration.declarations?.[0]?.init;
  return (value?.arguments ?? []).some((argument) =>
    (argument.properties ?? []).some((property) => property.key?.name === 'summary'),
  );
}

/** @type {import('eslint').Rule.RuleModule} */
export const exportedDocstring = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { missing: 'Exported "{{name}}" needs a docstring: one sentence of what it is.' },
  },
  create(context) {
    const documented = new Set(); // the first signature of an overloaded function speaks for all
    return {
      ExportNamedDeclaration(node) {
        const declaration = node.declaration;
        if (!declaration) return;
        const name = declaration.id?.name ?? declaration.declarations?.[0]?.id.name ?? 'value';
        const comment = context.sourceCode.getCommentsBefore(node).at(-1);
        const hasDocstring = comment?.type === 'Block' && comment.value.startsWith('*');
        if (hasDocstring) documented.add(name);
        if (!documentedDeclarations.has(declaration.type) || documented.has(name)) return;
        if (hasSummary(declaration)) return;
        context.report({ node, messageId: 'missing', data: { name } });
      },
    };
  },
};
