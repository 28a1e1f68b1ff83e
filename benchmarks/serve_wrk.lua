-- Sends the pictures that are named after "--" to /v1/analyze, one after the other, and prints one
-- line of JSON: how many were answered with which status, and how many connections failed.

local requests, at = {}, 0
local thread
counts = {}  -- global, for `done` is another environment

function setup(only)
  thread = only
end

function init(paths)
  for number, path in ipairs(paths) do
    local file = assert(io.open(path, "rb"))
    requests[number] = wrk.format("POST", nil, nil, file:read("*a"))
    file:close()
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function response(status, headers)
  local name = tostring(status)
  if (status == 429 or status == 503) and not headers["retry-after"] then
    name = name .. " without Retry-After"
  end
  counts[name] = (counts[name] or 0) + 1
end

function done(summary)
  local parts = {}
  for name, count in pairs(thread:get("counts")) do
    parts[#parts + 1] = string.format('"%s": %d', name, count)
  end
  local failed = summary.errors
  print(string.format(
    '{"seconds": %.3f, "failed": %d, "counts": {%s}}',
    summary.duration / 1e6,
    failed.connect + failed.read + failed.write + failed.timeout,
    table.concat(parts, ", ")
  ))
end
