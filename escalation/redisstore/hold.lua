-- For a claim that is still held: lengthens the lease, keeps the worded bytes
-- (if there are none) with their sum, and notes that the final dot is about to
-- be sent. Answers 1, or 0 if the claim is no longer held, or the key holds no
-- letter.
-- KEYS: outbox notice   ARGV: id attempt lease raw dot   (lease may be 0, raw empty; dot is 0 or 1)
if redis.call('TYPE', KEYS[2]).ok ~= 'hash' then return 0 end
local n = redis.call('HMGET', KEYS[2], 'state', 'attempt')
if n[1] ~= 'queued' or n[2] ~= ARGV[2] then return 0 end
if ARGV[3] ~= '0' then redis.call('ZADD', KEYS[1], 'GT', clock() + ARGV[3], ARGV[1]) end
if ARGV[4] ~= '' and redis.call('HSETNX', KEYS[2], 'raw', ARGV[4]) == 1 then
  redis.call('HSET', KEYS[2], 'sum', redis.sha1hex(ARGV[4]))
end
if ARGV[5] == '1' then redis.call('HSET', KEYS[2], 'dot', ARGV[2]) end
return 1
