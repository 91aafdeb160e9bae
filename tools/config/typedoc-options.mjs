import { Converter } from 'typedoc';

/** Parameters that are taken apart have no name of their own: docstrings call them `options`. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_PARAMETER, (_context, parameter) => {
    if (parameter.name === '__namedParameters') parameter.name = 'options';
  });
}
