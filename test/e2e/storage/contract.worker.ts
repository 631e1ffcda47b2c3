/** Goes through the contract of storages on the origin private file system. */
import { OpfsStorage } from '../../../engine/storage/opfs-storage.ts';
import { storageContract } from '../../../engine/storage/testing/storage-contract.ts';

export interface CaseResult {
  readonly name: string;
  /** what went wrong */
  readonly failure?: string;
}

async function run(): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [index, { name, run: check }] of storageContract.entries()) {
    try {
      await check(() => OpfsStorage.open(`contract-${index}`));
      results.push({ name });
    } catch (error) {
      results.push({ name, failure: String(error) });
    }
  }
  return results;
}

void run().then((results) => globalThis.postMessage(results));
