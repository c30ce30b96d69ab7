-- An operator's word on a letter: 'retry' sends a parked one again, 'discard'
-- ends one that is parked or waits. Answers 'done', or the state that forbids
-- it. The same call again, after its reply got lost, answers the same.
-- KEYS: outbox notice parked journal commits counts
-- ARGV: verb id call ttl at cases by
local verb, id, call = ARGV[1], ARGV[2], ARGV[3]
local n = redis.call('HMGET', KEYS[2], 'state', 'letter', 'raw', 'call')
if not n[1] then return 'unknown' end
if n[4] == call then return 'done' end
local parked = n[1] == 'buried'
if verb == 'retry' then
  if not parked then return n[1] end
  if not n[2] and not n[3] then return 'blank' end
  redis.call('HSET', KEYS[2], 'state', 'queued', 'fate', '', 'ambiguous', 0)
  redis.call('PERSIST', KEYS[2])
  redis.call('ZADD', KEYS[1], clock(), id)
else
  if not parked and n[1] ~= 'queued' then return n[1] end
  redis.call('HSET', KEYS[2], 'state', 'discarded')
  redis.call('HDEL', KEYS[2], 'letter', 'raw', 'sum')
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
  redis.call('ZREM', KEYS[1], id)
  redis.call('HINCRBY', KEYS[6], 'discarded', 1)
end
redis.call('HSET', KEYS[2], 'call', call)
redis.call('ZREM', KEYS[3], id)
redis.call('XADD', KEYS[4], '*', 'event', 'outbox-' .. verb .. ':' .. id, 'at', ARGV[5], 'cases', ARGV[6], 'notices', id, 'by', ARGV[7])
redis.call('INCR', KEYS[5])
return 'done'
