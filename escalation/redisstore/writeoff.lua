-- Takes mails that are not in the inbox off the list of undecided ones, and
-- answers how many: those that left it undecided are written off; those that
-- had been decided, and were seen once more by a daemon that ended at that
-- moment, are counted as seen once.
-- KEYS: tries counts journal commits   ARGV: why at by location...   (why: gone, or again)
local n, why = 0, ARGV[1]
for i = 4, #ARGV do
  if redis.call('HDEL', KEYS[1], ARGV[i]) == 1 then
    n = n + 1
    if why == 'again' then
      redis.call('HINCRBY', KEYS[2], 'seen', -1)
    else
      redis.call('HINCRBY', KEYS[2], 'gone', 1)
      redis.call('XADD', KEYS[3], '*', 'event', 'gone:' .. ARGV[i], 'at', ARGV[2], 'location', ARGV[i], 'by', ARGV[3],
        'reason', 'taken out of the inbox before it was decided')
    end
    redis.call('INCR', KEYS[4])
  end
end
return n
