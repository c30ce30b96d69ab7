-- Takes, keeps or gives up the lead of an inbox. Answers the epoch that is led
-- in, '' where somebody else leads, or 'lost' where Redis holds another ledger
-- than the one bound to.
--
-- The owner is one run of a daemon; one that is run again takes over from its
-- earlier run, which is dead, without waiting for the lease to end. An owner
-- that leads again without anybody having led in between keeps the epoch.
-- Every other lead has a higher one, though a failover lost the write of the
-- last: the clock is ahead of it.
-- KEYS: lead ledger   ARGV: generation owner daemon ttl (0 gives up) "take" or "keep"
if ARGV[1] ~= '' and redis.call('HGET', KEYS[2], 'generation') ~= ARGV[1] then return 'lost' end
local now = clock()
local lead = redis.call('HMGET', KEYS[1], 'owner', 'daemon', 'until', 'epoch')
local mine, epoch = lead[1] == ARGV[2], tonumber(lead[4] or '0')
local free = lead[2] == ARGV[3] or tonumber(lead[3] or '0') <= now
if not mine and (ARGV[5] == 'keep' or not free) then return '' end
if not mine then epoch = math.max(epoch + 1, now) end
local text = string.format('%.0f', epoch)
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'daemon', ARGV[3], 'until', string.format('%.0f', now + ARGV[4]), 'epoch', text)
return text
