import { createHash } from 'node:crypto';
import { convert } from 'html-to-text';
import PostalMime from 'postal-mime';

/** An e-mail as the spam filter reads it: what its writer wrote, none of the headers that give the label away. */
export interface Mail {
  readonly subject: string;
  readonly body: string;
  readonly isSpam: boolean;
}

/** Characters of a body that are kept: more than the model reads. */
const KEPT_CHARACTERS = 4000;

/** Subject and readable body of a raw message: MIME parts decoded, HTML turned into text. */
export async function readMail(raw: string, { isSpam }: { readonly isSpam: boolean }): Promise<Mail> {
  const { subject = '', text, html } = await PostalMime.parse(raw);
  const body = text !== undefined && text.trim() !== '' ? text : htmlText(html ?? '');
  return { subject: squeeze(subject), body: squeeze(body.slice(0, KEPT_CHARACTERS)), isSpam };
}

function htmlText(html: string): string {
  return convert(html.slice(0, 16 * KEPT_CHARACTERS), {
    wordwrap: false,
    selectors: [
      { selector: 'a', options: { ignoreHref: true } },
      { selector: 'img', format: 'skip' },
    ],
  });
}

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** The text a model sees. */
export function mailText({ subject, body }: Mail): string {
  return `${subject}\n${body}`;
}

/** Content hash of what the model sees, for keeping duplicates on one side of a split. */
export function mailHash(mail: Mail): string {
  return createHash('sha256').update(mailText(mail)).digest('hex');
}
