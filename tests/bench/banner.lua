-- The script as a browser that has not been here asks for it.

function init()
  wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
end

-- requests, of them with a status of 400 or more, broken connections, microseconds, p50 and p99 in microseconds
function done(summary, latency)
  local broken = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, broken.status,
    broken.connect + broken.read + broken.write + broken.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
