import { useRef } from 'react';
import { Button } from './button.tsx';

/** Asks for a file. */
export function FileButton({
  label,
  accept,
  onFile,
}: {
  readonly label: string;
  /** as of `<input type="file">` */
  readonly accept: string;
  readonly onFile: (file: File) => Promise<void>;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button small icon="folder-open" onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        aria-label={`${label}: file`}
        hidden
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file) void onFile(file);
          currentTarget.value = '';
        }}
      />
    </>
  );
}
