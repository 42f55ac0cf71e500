-- wrk runs this script. It sends the headers in the file in turn, and prints the result as one line of JSON.

local headers = {}
for line in io.lines(os.getenv("BENCHMARKS_HEADERS")) do
  local name, value = line:match("^(.-): (.*)$")
  table.insert(headers, { [name] = value, ["Accept"] = "application/json" })
end

local turn = 0
request = function()
  turn = turn % #headers + 1
  return wrk.format("GET", "/", headers[turn])
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p95": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
