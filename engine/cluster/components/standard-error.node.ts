/** Writes errors of a component that nobody reads otherwise. */
export function toStandardError(component: string): (error: unknown) => void {
  return (error) =>
    process.stderr.write(
      `${component}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
}
