-- Puts new data in the place of an escalation's where these are unchanged.
-- KEYS: escalation   ARGV: old new revision
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[2], 'revision', ARGV[3])
return 1
