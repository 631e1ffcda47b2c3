import { expect, test } from 'vitest';
import { Count, formatNumber, Histogram, printMetrics, Reading } from './metric.ts';

test('numbers are printed as Go does', () => {
  const printed = [0, 1, 0.005, 532_480, 1e6, 1_795_692_186.88, 0.000_027_968, Infinity];
  expect(printed.map(formatNumber)).toEqual([
    '0',
    '1',
    '0.005',
    '532480',
    '1e+06',
    '1.79569218688e+09',
    '2.7968e-05',
    '+Inf',
  ]);
});

test('metrics are text, sorted by name and labels', async () => {
  const requests = new Count('counter', 'requests_total', 'Requests.', ['code', 'verb']);
  requests.add(['200', 'GET']);
  requests.add(['200', 'GET']);
  requests.add(['100', 'a"b\\c\nd']);
  const unused = new Count('counter', 'unused', 'Nothing.');
  const size = new Reading('etcd_size', 'Bytes.', [], () => Promise.resolve([[[], 5]]));
  const seconds = new Histogram('seconds', 'Time.', ['verb'], [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 2]) seconds.observe(['GET'], value);
  const text = await printMetrics([requests, seconds, unused, size]);
  expect(text).toBe(String.raw`# HELP etcd_size Bytes.
# TYPE etcd_size gauge
etcd_size 5
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="100",verb="a\"b\\c\nd"} 1
requests_total{code="200",verb="GET"} 2
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{verb="GET",le="0.1"} 2
seconds_bucket{verb="GET",le="1"} 3
seconds_bucket{verb="GET",le="+Inf"} 4
seconds_sum{verb="GET"} 2.65
seconds_count{verb="GET"} 4
`);
});

test('labels may be forgotten', async () => {
  const requests = new Count('counter', 'requests_total', 'Requests.', ['code']);
  const seconds = new Histogram('seconds', 'Time.', ['verb'], [1]);
  requests.add(['200']);
  seconds.observe(['GET'], 1);
  requests.forget(['200']);
  seconds.forget(['GET']);
  expect(await printMetrics([requests, seconds])).toBe('');
});
