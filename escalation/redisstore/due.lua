-- Lists the letters that are due, the oldest first.
-- KEYS: outbox   ARGV: most
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', clock(), 'LIMIT', 0, ARGV[1])
