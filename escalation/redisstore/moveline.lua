-- Puts a copy of a line of the journal, with other values, at its end, and takes
-- the line out. Where it is gone, as after an earlier run of this call, nothing
-- is done.
-- KEYS: journal   ARGV: line field value...
if redis.call('XDEL', KEYS[1], ARGV[1]) == 1 then redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2)) end
return 1
