-- Takes mails that have left the inbox undecided off the books. Answers how many.
-- KEYS: tries counts journal commits   ARGV: at by location...
local n = 0
for i = 3, #ARGV do
  if redis.call('HDEL', KEYS[1], ARGV[i]) == 1 then
    n = n + 1
    redis.call('HINCRBY', KEYS[2], 'gone', 1)
    redis.call('XADD', KEYS[3], '*', 'event', 'gone:' .. ARGV[i], 'at', ARGV[1], 'location', ARGV[i], 'by', ARGV[2],
      'reason', 'taken out of the inbox before it was decided')
    redis.call('INCR', KEYS[4])
  end
end
return n
