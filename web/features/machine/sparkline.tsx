import { kept, type Series } from './readings.ts';

export interface SparklineProps {
  readonly series: Series;
  /** value at the top edge; the largest reading when it is higher or this is absent */
  readonly top?: number;
  readonly width: number;
  readonly height: number;
}

/** The last readings as an area, newest at the right edge. Decorative: show the figure as text beside it. */
export function Sparkline({ series, top = 0, width, height }: SparklineProps) {
  const highest = Math.max(top, ...series, Number.MIN_VALUE);
  const points = series.map((value, index) => {
    const x = width * (1 - (series.length - 1 - index) / (kept - 1));
    const y = height - 1 - (height - 2) * (value / highest);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const [first = `${width},${height}`] = points;
  const line = points.join(' ');
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      width="100%"
      height={height}
      aria-hidden="true"
      focusable="false"
    >
      {points.length > 1 && (
        <polygon
          points={`${first.split(',')[0]},${height} ${line} ${width},${height}`}
          fill="var(--color-accent-soft)"
        />
      )}
      <polyline
        points={line}
        fill="none"
        stroke="var(--color-accent)"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
