-- wrk: one new unit a request; one in ten is held by the last rule.
local key, run = os.getenv("KEY"), os.getenv("RUN")
local number = 0
local headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. (key or "") }
local body = '{"gate":"benchmark","external_id":"%s-%d","title":"Refund %d","attributes":' ..
  '{"amount":%d,"region":"EU","flagged":false,"name":"n%d","note":"' .. string.rep("x", 120) .. '"}}'

request = function()
  number = number + 1
  local amount = number % 10 == 0 and 20000 or 100
  return wrk.format("POST", "/api/units", headers, body:format(run, number, number, amount, number))
end

done = function(summary, latency)
  io.write(string.format("\nFIGURES %d %d %d %d %d %d\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
