/** Goes through the contract of storages on the origin private file system. */
import { OpfsStorage, type OpfsWriting } from '../../../engine/storage/opfs-storage.ts';
import { storageContract } from '../../../engine/storage/testing/storage-contract.ts';

export interface CaseResult {
  readonly name: string;
  /** what went wrong */
  readonly failure?: string;
}

async function run(): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  const writings: readonly OpfsWriting[] = ['at once', 'beside'];
  for (const writing of writings)
    for (const [index, { name, run: check }] of storageContract.entries()) {
      try {
        await check(() => OpfsStorage.open(`contract-${writing.length}-${index}`, writing));
        results.push({ name: `${name}, ${writing}` });
      } catch (error) {
        results.push({ name: `${name}, ${writing}`, failure: String(error) });
      }
    }
  return results;
}

void run().then((results) => globalThis.postMessage(results));
