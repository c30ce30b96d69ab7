-- Applies one Change whole and at most once. Everything is checked before the
-- first write, because Redis does not roll back. It raises no errors of its
-- own; it answers
--   {'done', commits}                     applied now, or by an earlier run of this very call
--   {'known', at, location, disposition, reason, cases}   another call applied the event
--   {'stale', case}                       an escalation is at another revision
--   {'trouble', key}                      a key of this change alone holds another type than ours
--   {'spoilt', key}                       the same of a key that every change needs
--   {'lost'}                              Redis holds another ledger than the one bound to
--   {'superseded'}                        another daemon has led the mail's inbox since
--
-- KEYS: event outbox due active journal counts commits raised told undelivered tries ledger
--       ended digests held lead, then one per escalation, one per notice with one per quota after it, one per revoked notice.
-- ARGV: generation epoch token now ttl  at location disposition reason cases messageid name  undelivered digestwho digest
--       #escalations {case revision data due active}  #notices {id data letter to #quotas {limit window once alarm}}
--       #revoked {id}  #alarms {data}  #alarmstold {what detail count}  #marks {what data}
local a, k = 0, 0
local function arg() a = a + 1 return ARGV[a] end
local function num() return tonumber(arg()) end
local function key() k = k + 1 return KEYS[k] end

local event, outbox, due, active, journal = key(), key(), key(), key(), key()
local counts, commits, raised, told, undelivered, tries, ledger = key(), key(), key(), key(), key(), key(), key()
local ended, digests, held, lead = key(), key(), key(), key()
local generation, epoch = arg(), arg()
local token, now, ttl = arg(), arg(), arg()
local record = {at = arg(), location = arg(), disposition = arg(), reason = arg(), cases = arg(), messageid = arg(), name = arg()}
local undeliveredid, digestwho, digest = arg(), arg(), arg()

local wrong
local function expect(name, kind)
  local have = redis.call('TYPE', name).ok
  if have ~= 'none' and have ~= kind then wrong = wrong or name end
end
expect(ledger, 'hash') expect(tries, 'hash') expect(counts, 'hash') expect(lead, 'hash')
expect(outbox, 'zset') expect(due, 'zset') expect(active, 'set') expect(journal, 'stream')
expect(commits, 'string') expect(raised, 'hash') expect(told, 'hash') expect(undelivered, 'zset')
expect(ended, 'zset') expect(digests, 'hash') expect(held, 'hash')
if wrong then return {'spoilt', wrong} end
expect(event, 'hash')
if wrong then return {'trouble', wrong} end
if generation ~= '' and redis.call('HGET', ledger, 'generation') ~= generation then return {'lost'} end
if epoch ~= '' and redis.call('HGET', lead, 'epoch') ~= epoch then return {'superseded'} end
local known = redis.call('HMGET', event, 'token', 'at', 'location', 'disposition', 'reason', 'cases')
if known[1] and record.location ~= '' and known[3] == record.location then
  -- The mail was seen again before it had left the inbox; it is no other mail.
  if redis.call('HDEL', tries, record.location) == 1 then redis.call('HINCRBY', counts, 'seen', -1) end
end
if known[1] == token then return {'done', redis.call('GET', commits) or '0'} end
if known[1] then return {'known', known[2], known[3], known[4], known[5], known[6]} end

-- Read all arguments, and judge.
local escalations, notices, revoked, alarms, alarmstold, marks, stale = {}, {}, {}, {}, {}, {}, nil
for i = 1, num() do
  local e = {key = key(), case = arg(), revision = num(), data = arg(), due = arg(), active = arg()}
  escalations[i] = e
  expect(e.key, 'hash')
  if not wrong then
    local have = tonumber(redis.call('HGET', e.key, 'revision') or '0')
    if have ~= e.revision - 1 then stale = stale or e.case end
  end
end
for i = 1, num() do
  local n = {key = key(), id = arg(), data = arg(), letter = arg(), to = arg(), quotas = {}}
  expect(n.key, 'hash')
  for j = 1, num() do
    n.quotas[j] = {key = key(), limit = num(), window = arg(), once = arg(), alarm = arg()}
    expect(n.quotas[j].key, 'string')
  end
  notices[i] = n
end
for i = 1, num() do
  revoked[i] = {key = key(), id = arg()}
  expect(revoked[i].key, 'hash')
end
for i = 1, num() do alarms[i] = arg() end
for i = 1, num() do alarmstold[i] = {what = arg(), detail = arg(), count = num()} end
for i = 1, num() do marks[i] = {what = arg(), data = arg()} end
if wrong then return {'trouble', wrong} end
if stale then return {'stale', stale} end

-- Alarms of one kind and cause are put together and counted, so that a flood
-- of them stays small; more causes than anybody reads become one of their kind.
local mostcauses, mostrefs = 300, 5
local function gathered(field)
  local have = redis.call('HGET', raised, field)
  local ok, alarm = pcall(cjson.decode, have or '')
  return have and ok and alarm or nil
end
local function raise(data)
  local new = cjson.decode(data)
  local field = new.what .. '\n' .. new.detail
  local alarm = gathered(field)
  if not alarm and redis.call('HLEN', raised) >= mostcauses then
    new.detail = 'There are more causes than can be listed here. The log names each.'
    field = new.what .. '\n' .. new.detail
    alarm = gathered(field)
  end
  alarm = alarm or new
  alarm.count, alarm.last, alarm.refs = (alarm.count or 0) + 1, new.at, alarm.refs or {}
  local known = not new.ref or #alarm.refs >= mostrefs
  for _, r in ipairs(alarm.refs) do known = known or r == new.ref end
  if not known then table.insert(alarm.refs, new.ref) end
  if #alarm.refs == 0 then alarm.refs = nil end
  redis.call('HSET', raised, field, cjson.encode(alarm))
end

-- Write. From here on nothing can refuse: types are right, and a full memory
-- refuses the first write already.
redis.call('HSET', event, 'token', token, 'at', record.at, 'location', record.location,
  'disposition', record.disposition, 'reason', record.reason, 'cases', record.cases)
redis.call('PEXPIRE', event, ttl)
for _, e in ipairs(escalations) do
  redis.call('HSET', e.key, 'revision', e.revision, 'data', e.data)
  if e.due == '' then redis.call('ZREM', due, e.case) else redis.call('ZADD', due, e.due, e.case) end
  if e.active == '1' then
    redis.call('SADD', active, e.case)
    redis.call('ZREM', ended, e.case)
    redis.call('PERSIST', e.key)
  else
    redis.call('SREM', active, e.case)
    redis.call('ZADD', ended, now, e.case)
    redis.call('ZREMRANGEBYSCORE', ended, '-inf', tonumber(now) - tonumber(ttl))
    redis.call('PEXPIRE', e.key, ttl)
  end
end
local queued, suppressed, withdrawn = {}, {}, {}
for _, n in ipairs(notices) do
  local room = true
  for _, q in ipairs(n.quotas) do
    if q.limit > 0 and tonumber(redis.call('GET', q.key) or '0') >= q.limit then
      room = false
      if q.alarm ~= '' then raise(q.alarm) end
    end
  end
  if room then
    for _, q in ipairs(n.quotas) do
      if q.once == '' or redis.call('EXISTS', q.key) == 0 then
        if redis.call('INCR', q.key) == 1 then redis.call('PEXPIRE', q.key, q.window) end
      end
    end
    redis.call('HSET', n.key, 'state', 'queued', 'data', n.data, 'letter', n.letter, 'attempt', 0)
    redis.call('ZADD', outbox, clock(), n.id)
    queued[#queued + 1] = n.id
  else
    redis.call('HSET', n.key, 'state', 'suppressed', 'data', n.data)
    redis.call('PEXPIRE', n.key, ttl)
    if n.to ~= '' then redis.call('HINCRBY', held, n.to, 1) end
    suppressed[#suppressed + 1] = n.id
  end
end
for _, r in ipairs(revoked) do
  if redis.call('HGET', r.key, 'state') == 'queued' then
    redis.call('HSET', r.key, 'state', 'revoked')
    redis.call('HDEL', r.key, 'letter', 'raw', 'sum')
    redis.call('PEXPIRE', r.key, ttl)
    redis.call('ZREM', outbox, r.id)
    withdrawn[#withdrawn + 1] = r.id
  end
end
for _, t in ipairs(alarmstold) do
  local field = t.what .. '\n' .. t.detail
  local alarm = gathered(field)
  if alarm and alarm.count > t.count then
    alarm.at, alarm.count, alarm.ref, alarm.refs = record.at, alarm.count - t.count, nil, nil
    redis.call('HSET', raised, field, cjson.encode(alarm))
  else
    redis.call('HDEL', raised, field)
  end
end
for _, m in ipairs(marks) do redis.call('HSET', told, m.what, m.data) end
for _, a in ipairs(alarms) do raise(a) end
if undeliveredid ~= '' then redis.call('ZREM', undelivered, undeliveredid) end
if digestwho ~= '' then redis.call('HSET', digests, digestwho, digest) end
if record.disposition ~= '' then redis.call('HINCRBY', counts, record.disposition, 1) end
if #queued > 0 then redis.call('HINCRBY', counts, 'notices', #queued) end
if #suppressed > 0 then redis.call('HINCRBY', counts, 'suppressed', #suppressed) end
if #withdrawn > 0 then redis.call('HINCRBY', counts, 'revoked', #withdrawn) end
if record.location ~= '' then redis.call('HDEL', tries, record.location) end
redis.call('XADD', journal, '*', 'event', record.name, 'at', record.at, 'disposition', record.disposition,
  'reason', record.reason, 'cases', record.cases, 'messageid', record.messageid, 'location', record.location,
  'notices', table.concat(queued, ' '), 'suppressed', table.concat(suppressed, ' '), 'revoked', table.concat(withdrawn, ' '))
return {'done', tostring(redis.call('INCR', commits))}
