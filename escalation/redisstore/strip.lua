-- Replaces a letter's data where they are unchanged, and takes its words away;
-- one that waits or is parked ends. Answers 1, also where an
-- earlier run of this call did it; 0 if the data have changed.
-- KEYS: notice outbox parked counts   ARGV: id old new ttl strip
local have = redis.call('HGET', KEYS[1], 'data')
if have ~= ARGV[2] and have ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[3])
redis.call('HDEL', KEYS[1], 'detail')
if ARGV[5] == '0' then return 1 end
redis.call('HDEL', KEYS[1], 'letter', 'raw', 'sum')
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'queued' or state == 'buried' then
  redis.call('HSET', KEYS[1], 'state', 'discarded')
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('HINCRBY', KEYS[4], 'discarded', 1)
end
return 1
