-- Claims one due notice: counts the attempt and leases it. Where the last
-- attempt came as far as the final dot and no end is on record, that one is
-- ambiguous. The same call again, after its reply got lost, answers the same.
-- Answers nothing if somebody else has it, or {attempt, ambiguous, data,
-- letter, raw}.
-- KEYS: outbox notice   ARGV: id lease daemon call
local now = clock()
local function claimed()
  local n = redis.call('HMGET', KEYS[2], 'attempt', 'ambiguous', 'data', 'letter', 'raw')
  return {n[1], n[2] or '0', n[3] or '', n[4] or '', n[5] or ''}
end
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score then return {} end
if tonumber(score) > now then
  if redis.call('HGET', KEYS[2], 'call') == ARGV[4] then return claimed() end
  return {}
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) -- first: a key that holds no letter must not stand before others for ever
local n = redis.call('HMGET', KEYS[2], 'state', 'attempt', 'dot')
if n[1] ~= 'queued' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return {}
end
if n[3] and n[3] == n[2] then redis.call('HINCRBY', KEYS[2], 'ambiguous', 1) end
redis.call('HDEL', KEYS[2], 'dot')
redis.call('HINCRBY', KEYS[2], 'attempt', 1)
redis.call('HSET', KEYS[2], 'by', ARGV[3], 'call', ARGV[4])
return claimed()
