-- Takes lines out of the journal, and adds what they told to the sums of such
-- lines. Where one of them is gone already nothing is done. Answers how many
-- lines were taken out.
-- KEYS: journal trimmed   ARGV: #lines line...  then name and number of each sum
local ids = {}
for i = 1, tonumber(ARGV[1]) do
  ids[i] = ARGV[i + 1]
  if #redis.call('XRANGE', KEYS[1], ids[i], ids[i]) == 0 then return 0 end
end
redis.call('XDEL', KEYS[1], unpack(ids))
for i = #ids + 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1]) end
return #ids
