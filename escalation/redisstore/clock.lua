-- Before each script that needs a time: Redis's own, in milliseconds since
-- 1970. The clocks of the hosts may differ, and must not decide whose a letter
-- or an inbox is.
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
