-- Records how an attempt ended. Answers 1, or 0 if the claim is no longer held,
-- or the key holds no letter. That the relay took the letter is true whoever
-- holds it by now. Types are checked first, because Redis does not roll back.
-- KEYS: outbox notice undelivered counts parked   ARGV: id attempt fate pause detail ttl
if redis.call('TYPE', KEYS[2]).ok ~= 'hash' then return 0 end
for i, kind in pairs({'zset', 'hash', 'zset', 'hash', 'zset'}) do
  local have = redis.call('TYPE', KEYS[i]).ok
  if have ~= 'none' and have ~= kind then return redis.error_reply('WRONGTYPE the key ' .. KEYS[i] .. ' is no ' .. kind) end
end
local n = redis.call('HMGET', KEYS[2], 'state', 'attempt')
local fate, now = ARGV[3], clock()
local news = fate == 'sent' and n[1] and n[1] ~= 'sent'
if not news and (n[1] ~= 'queued' or n[2] ~= ARGV[2]) then return 0 end
redis.call('HSET', KEYS[2], 'fate', fate, 'detail', ARGV[5], 'settled', now)
local marked = redis.call('HDEL', KEYS[2], 'dot')
redis.call('HDEL', KEYS[2], 'by', 'call')
if fate == 'sent' or fate == 'buried' then
  redis.call('HSET', KEYS[2], 'state', fate)
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  redis.call('HINCRBY', KEYS[4], fate, 1)
  if n[1] ~= 'queued' then redis.call('HINCRBY', KEYS[4], n[1], -1) end -- it had left already
  if n[1] == 'buried' then
    redis.call('ZREM', KEYS[3], ARGV[1])
    if redis.call('ZREM', KEYS[5], ARGV[1]) == 0 then redis.call('HINCRBY', KEYS[4], 'lapsed', -1) end
  end
  if fate == 'sent' then
    redis.call('HDEL', KEYS[2], 'letter', 'raw', 'sum')
  else
    redis.call('ZADD', KEYS[3], now, ARGV[1])
    redis.call('ZADD', KEYS[5], now, ARGV[1])
  end
  return 1
end
if fate == 'unknown' then redis.call('HINCRBY', KEYS[2], 'ambiguous', marked) end -- once, though the call is repeated
redis.call('ZADD', KEYS[1], now + ARGV[4], ARGV[1])
return 1
