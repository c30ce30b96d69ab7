-- Puts new data in the place of an escalation's where these are unchanged.
-- Answers 1, also where an earlier run of this call did it; else 0.
-- KEYS: escalation   ARGV: old new revision
local have = redis.call('HGET', KEYS[1], 'data')
if have == ARGV[2] then return 1 end
if have ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[2], 'revision', ARGV[3])
return 1
