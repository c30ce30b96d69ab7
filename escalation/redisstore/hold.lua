-- For a claim that is still held, keeps the worded bytes (if there are none)
-- and lengthens the lease. Answers 1, or 0 if the claim is no longer held.
-- KEYS: outbox notice   ARGV: id attempt leaseuntil raw   (either of the last two may be empty)
local n = redis.call('HMGET', KEYS[2], 'state', 'attempt')
if n[1] ~= 'queued' or n[2] ~= ARGV[2] then return 0 end
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
if ARGV[4] ~= '' then redis.call('HSETNX', KEYS[2], 'raw', ARGV[4]) end
return 1
