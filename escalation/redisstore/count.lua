-- Adds to the tries at mails, and counts each mail as seen at its first one.
-- Answers the sums. A mail that is not on trial has no try to be taken back.
-- KEYS: tries counts   ARGV: delta location...
local delta, sums = tonumber(ARGV[1]), {}
for i = 2, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    sums[#sums + 1] = redis.call('HINCRBY', KEYS[1], ARGV[i], delta)
  elseif delta < 0 then
    sums[#sums + 1] = 0
  else
    redis.call('HINCRBY', KEYS[2], 'seen', 1)
    sums[#sums + 1] = redis.call('HINCRBY', KEYS[1], ARGV[i], delta)
  end
end
return sums
