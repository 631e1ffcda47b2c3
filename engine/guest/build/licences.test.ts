import { describe, expect, it } from 'vitest';
import { licencesIn } from './licences.ts';

describe('licencesIn', () => {
  it('takes the fields of a machine-readable copyright file', () => {
    const text =
      'Files: *\nLicense: GPL-2+\n\nFiles: lib/*\nLicense: LGPL-2.1+\n\nFiles: x\nLicense: GPL-2+\n';
    expect(licencesIn(text)).toEqual(['GPL-2+', 'LGPL-2.1+']);
  });

  it('knows licences by their words in older files', () => {
    expect(licencesIn('This is free software under the GNU General Public License.')).toEqual([
      'GPL',
    ]);
  });

  it('points to the file when it recognises nothing', () => {
    expect(licencesIn('All rights reserved.')).toEqual(['see copyright file']);
  });
});
