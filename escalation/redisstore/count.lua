-- Adds to the tries at mails, and counts each mail as seen at its first one.
-- Answers the sums. A mail that is not on trial has no try to be taken back.
-- Answers nothing where another daemon has led the mails' inbox since.
-- KEYS: tries counts lead   ARGV: epoch delta location...
local delta, sums = tonumber(ARGV[2]), {}
if ARGV[1] ~= '' and redis.call('HGET', KEYS[3], 'epoch') ~= ARGV[1] then return sums end
for i = 3, #ARGV do
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
