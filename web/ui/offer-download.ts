/** milliseconds after which a browser has begun any download */
const BEGUN = 60_000;

/** Gives the learner a file of this name. */
export function offerDownload(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), BEGUN);
}
