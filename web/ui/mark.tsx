/**
 * The ship in its dry dock, seen from the bow. `water` from 0 to 1 floods the dock; none leaves
 * it dry. Decorative.
 */
export function Mark({ size, water = 0 }: { readonly size: number; readonly water?: number }) {
  const surface = 29 - 17 * Math.min(1, Math.max(0, water));
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path fill="var(--color-accent)" d="M1 9h5v6h2.5v6H11v6h10v-6h2.500v-6H26V9h5v22H1z" />
      <path fill="var(--color-accent-text)" d="M14.500 24.500h3V27h-3z" />
      {water > 0 && (
        <clipPath id="dock">
          <path d="M6 9v6h2.500v6H11v6h10v-6h2.500v-6H26V9z" />
        </clipPath>
      )}
      {water > 0 && (
        <g clipPath="url(#dock)">
          <rect
            x="5"
            width="22"
            height="20"
            fill="color-mix(in srgb, var(--color-accent) 32%, transparent)"
            style={{
              transform: `translateY(${surface}px)`,
              transition: 'transform var(--slow) var(--ease)',
            }}
          />
        </g>
      )}
      <path fill="var(--color-text)" d="M10.300 7h11.400l-.9 7.500h-9.600z" />
      <path
        fill="var(--color-hull)"
        d="M11.200 14.500h9.600c-.5 5-2.300 8.700-4.800 10-2.500-1.300-4.300-5-4.800-10z"
      />
    </svg>
  );
}
