import { mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, OptionError, hostTensor } from '@tesserae/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderError } from '../src/errors.js';
import { memoryFolder } from '../src/folder.js';
import { fileSource, openFolder, saveFolder } from '../src/node.js';
import { weightFiles } from '../src/safetensors/shard-writer.js';
import { openWeights } from '../src/open-weights.js';

describe('folders on disk', () => {
  let root = '';
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'weights-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  const escapes = [
    '../secret',
    '/etc/passwd',
    'a/../../secret',
    'a//b',
    '',
    '.',
    '..',
    'a\\..\\b',
    'C:x',
    'a\u0000b',
  ];

  describe('openFolder', () => {
    it('lists, reads and opens the files of a directory', async () => {
      await writeFile(join(root, 'b.txt'), 'zwölf');
      await mkdir(join(root, 'sub'));
      await writeFile(join(root, 'sub', 'a.bin'), Uint8Array.of(1, 2, 3));
      const folder = await openFolder(root);
      expect(await folder.list()).toEqual(['b.txt']);
      expect(await folder.readText('b.txt')).toBe('zwölf');
      expect(await folder.has('sub/a.bin')).toBe(true);
      expect(await folder.has('sub')).toBe(false);
      expect(await (await folder.open('sub/a.bin')).read(1, 3)).toEqual(Uint8Array.of(2, 3));
    });

    it('says what it has when a file is missing', async () => {
      await writeFile(join(root, 'config.json'), '{}');
      await expect((await openFolder(root)).open('model.safetensors')).rejects.toThrow(
        /The folder has 'config\.json'/,
      );
    });

    it.each(escapes)('refuses the file name %j, as a folder in memory does', async (name) => {
      const folder = await openFolder(root);
      await expect(folder.open(name)).rejects.toMatchObject({ code: 'file-name' });
      await expect(memoryFolder('m', {}).open(name)).rejects.toMatchObject({ code: 'file-name' });
      await expect(saveFolder(root, { [name]: 'x' })).rejects.toMatchObject({ code: 'file-name' });
    });

    it('follows links inside the folder, and those out of it only when told to', async () => {
      await mkdir(join(root, 'model'));
      await writeFile(join(root, 'blob'), 'outside');
      await writeFile(join(root, 'model', 'own'), 'inside');
      await symlink(join(root, 'blob'), join(root, 'model', 'out'));
      await symlink('own', join(root, 'model', 'in'));
      const folder = await openFolder(join(root, 'model'));
      expect(await folder.readText('in')).toBe('inside');
      await expect(folder.readText('out')).rejects.toMatchObject({ code: 'file-link' });
      const followed = await openFolder(join(root, 'model'), { followLinks: true });
      expect(await followed.readText('out')).toBe('outside');
    });

    it('refuses what is no directory, text that is no UTF-8, and unknown options', async () => {
      await writeFile(join(root, 'file'), Uint8Array.of(0xff, 0xfe));
      await expect(openFolder(join(root, 'file'))).rejects.toThrow(/is not a directory/);
      await expect(openFolder(join(root, 'none'))).rejects.toBeInstanceOf(FolderError);
      await expect((await openFolder(root)).readText('file')).rejects.toBeInstanceOf(FormatError);
      await expect(openFolder(root, { follow: true } as never)).rejects.toBeInstanceOf(OptionError);
    });

    it('notices a file that changed after it was opened', async () => {
      await writeFile(join(root, 'f'), 'abc');
      const source = await fileSource(join(root, 'f'));
      await utimes(join(root, 'f'), 1, 1);
      await expect(source.read(0, 3)).rejects.toMatchObject({ code: 'file-changed' });
    });
  });

  describe('saveFolder', () => {
    const tensors = [['w', hostTensor('f32', [2], [1, 2])]] as const;

    it('makes the folder and writes text, bytes, chunks and files in sub-folders', async () => {
      async function* later(): AsyncIterable<Uint8Array> {
        yield Uint8Array.of(1);
        yield Uint8Array.of(2);
      }
      const path = join(root, 'deep', 'model');
      const files = new Map<string, string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>>(
        weightFiles(tensors),
      );
      await saveFolder(path, files.set('config.json', '{}').set('sub/later', later()));
      const folder = await openFolder(path);
      expect(await folder.list()).toEqual(['config.json', 'model.safetensors']);
      expect((await (await openWeights(folder)).read('w')).data).toEqual(Float32Array.of(1, 2));
      expect([...(await readFile(join(path, 'sub', 'later')))]).toEqual([1, 2]);
    });

    it('writes nothing when one of the files exists, and names it', async () => {
      await saveFolder(root, { 'a.txt': 'old' });
      await expect(saveFolder(root, { 'b.txt': 'new', 'a.txt': 'new' })).rejects.toThrow(
        /'a\.txt' already exists.*[^]*overwrite: true/,
      );
      expect(await readdir(root)).toEqual(['a.txt']);
      expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('old');
    });

    it('replaces files when told to', async () => {
      await saveFolder(root, { 'a.txt': 'old' });
      await saveFolder(root, { 'a.txt': 'new' }, { overwrite: true });
      expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('new');
    });

    it('leaves nothing behind when writing fails or is aborted', async () => {
      await writeFile(join(root, 'kept'), 'old');
      const controller = new AbortController();
      function* broken(): Iterable<Uint8Array> {
        yield new Uint8Array(10);
        throw new Error('disk gone');
      }
      function* aborting(): Iterable<Uint8Array> {
        yield new Uint8Array(10);
        controller.abort();
        yield new Uint8Array(10);
      }
      await expect(saveFolder(root, { fine: 'x', bad: broken() })).rejects.toThrow('disk gone');
      await expect(
        saveFolder(root, { kept: aborting() }, { overwrite: true, signal: controller.signal }),
      ).rejects.toThrow(/abort/i);
      expect(await readdir(root)).toEqual(['kept']);
      expect(await readFile(join(root, 'kept'), 'utf8')).toBe('old');
    });

    it('does not write through a link that leads out of the folder', async () => {
      await mkdir(join(root, 'model'));
      await mkdir(join(root, 'elsewhere'));
      await symlink(join(root, 'elsewhere'), join(root, 'model', 'sub'));
      await expect(saveFolder(join(root, 'model'), { 'sub/x': 'y' })).rejects.toMatchObject({
        code: 'file-link',
      });
      expect(await readdir(join(root, 'elsewhere'))).toEqual([]);
    });
  });
});
