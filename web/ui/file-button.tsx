import { useRef } from 'react';
import { Button } from './button.tsx';

/** Asks for a file. */
export function FileButton({
  label,
  accept,
  small = false,
  disabled = false,
  onFile,
}: {
  readonly label: string;
  /** as of `<input type="file">` */
  readonly accept: string;
  readonly small?: boolean;
  readonly disabled?: boolean;
  readonly onFile: (file: File) => Promise<void>;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        small={small}
        icon="folder-open"
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
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
