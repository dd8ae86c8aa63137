-- Asks for the paths of a file, one after the other from a place on, and says what came of it.
function init(arguments)
  local paths = {}
  for path in io.lines(arguments[1]) do paths[#paths + 1] = path end
  if #paths == 1 then  -- wrk then makes the request once
    wrk.path = paths[1]
    return
  end
  local at = tonumber(arguments[2])
  request = function()
    at = at % #paths + 1
    return wrk.format("GET", paths[at])
  end
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local answered = summary.requests - errors.status
  print(string.format("\n%d %d %d", answered, summary.duration, failed))
end
