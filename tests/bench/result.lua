-- How every measurement with wrk ends: its result in one line, for the script that started it.

-- requests, of them with a status of 400 or more, broken connections, microseconds, p50 and p99 in microseconds
function done(summary, latency)
  local broken = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, broken.status,
    broken.connect + broken.read + broken.write + broken.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
