-- Begins a generation of the ledger: when a person says so, or when there is none.
-- KEYS: ledger   ARGV: generation accepted
if ARGV[2] == '0' and redis.call('HEXISTS', KEYS[1], 'generation') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'made_at', clock(), 'accepted', ARGV[2])
return 1
