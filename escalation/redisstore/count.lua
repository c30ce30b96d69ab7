-- Adds to the tries at mails, and counts each mail as seen at its first one.
-- Answers the sums. A mail that is not on trial has no try to be taken back.
-- The same call again, after its reply got lost, answers the same. Answers
-- nothing where another daemon has led the mails' inbox since.
-- KEYS: tries counts lead   ARGV: epoch call delta location...
-- A field of tries holds the number, and the call that changed it last.
local call, delta, sums = ARGV[2], tonumber(ARGV[3]), {}
if ARGV[1] ~= '' and redis.call('HGET', KEYS[3], 'epoch') ~= ARGV[1] then return sums end
for i = 4, #ARGV do
  local tries, last = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(-?%d+) ?(.*)$')
  local n = tonumber(tries or '0')
  if last ~= call and (tries or delta >= 0) then
    if not tries then redis.call('HINCRBY', KEYS[2], 'seen', 1) end
    n = n + delta
    redis.call('HSET', KEYS[1], ARGV[i], n .. ' ' .. call)
  end
  sums[#sums + 1] = n
end
return sums
