-- Claims one due notice: counts the attempt and leases it. Answers nothing if
-- somebody else has it, or {attempt, ambiguous, data, letter, raw}.
-- KEYS: outbox notice   ARGV: id now leaseuntil
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) > tonumber(ARGV[2]) then return {} end
if redis.call('HGET', KEYS[2], 'state') ~= 'queued' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return {}
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
local attempt = redis.call('HINCRBY', KEYS[2], 'attempt', 1)
local n = redis.call('HMGET', KEYS[2], 'ambiguous', 'data', 'letter', 'raw')
return {tostring(attempt), n[1] or '0', n[2] or '', n[3] or '', n[4] or ''}
