-- Forgets parked letters that nobody has decided on in time, and counts them.
-- KEYS: parked counts   ARGV: before
local n = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if n > 0 then redis.call('HINCRBY', KEYS[2], 'lapsed', n) end
return n
