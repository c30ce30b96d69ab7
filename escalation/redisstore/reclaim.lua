-- Ends the claim that an earlier run of a daemon has left behind.
-- KEYS: outbox notice   ARGV: id daemon
if redis.call('HGET', KEYS[2], 'by') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[2], 'by')
redis.call('ZADD', KEYS[1], 'XX', 'LT', clock(), ARGV[1])
return 1
