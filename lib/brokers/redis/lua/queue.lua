-- One queue. KEYS[2] is where its keys begin; ARGV[3] names the caller among those that wait.
--
--   state       counters, as MessagePack: now, seq, held, bytes, settled, delayed, next (nothing is due earlier), …
--   ready       how many messages each source has: '4ada' stream, 'L4ada' late, 'Bada' what came back to lane ada
--   s:4ada      stream: what was ready when it was accepted, by lane and priority; entry 'seq-acceptedMs'
--   s:xada      stream: what became ready late, once it is given out; entry 'n-seq'
--   l:4ada      sorted set by seq: what became ready late; the texts of it, and of what waits, are in `bodies`
--   b:ada       list: what came back, as 'order x id'; its entries are in their streams, pending for nobody
--   due         sorted set by time: 'g' and a grant (leases run out), 'd' (own delay), 'r' (refused with a delay)
--   grants      of each: how many are out, 'c:' the streams they are in, 'm:' whether some have left it unsettled
--   counts      by seq, of what came back: 'deliveries failures crashes'
--   last, succ, keyof    ordering keys: the last of a key, who follows whom, the key of a message
--   marks, heard, r:…    producers: high-water mark, order of hearing, refused numbers
--   ids, idorder         callers' own ids, and their order
--   full        by client, the publish of which an earlier part was full
--   dead        stream of dead letters
--
-- A message that is out is pending in its stream for the consumer that is named after its grant.
local Q = KEYS[2]
local READY, DUE, GRANTS, COUNTS, BODIES = Q .. 'ready', Q .. 'due', Q .. 'grants', Q .. 'counts', Q .. 'bodies'
local GROUP = 'conclave'
local DUE_MAX = 1000

local q = call('GET', Q .. 'state')
local isNew = not q
q = q and cmsgpack.unpack(q)
  or { now = 0, seq = 0, held = 0, bytes = 0, settled = 0, back = 0, extra = 0, delayed = 0, heard = 0, wait = 0 }
q.now = math.max(q.now, timeNow())

local function save()
  call('SET', Q .. 'state', cmsgpack.pack(q))
  if isNew then call('SADD', T .. 'queues', Q) end
end

-- When something may be due: never late, -1 for nothing.
local function nextDue()
  return q.next and math.ceil(q.next) or -1
end

local function streamOf(code)
  return Q .. 's:' .. code
end

local function seqOf(code, id)
  return code:sub(1, 1) == 'x' and id:match('%-(%d+)$') or id:match('^%d+')
end

local function failed(reply)
  return type(reply) == 'table' and reply.err ~= nil
end

-- A command on a stream's group, which is made when it is first needed.
local function onGroup(key, ...)
  local reply = redis.pcall(...)
  if not failed(reply) then return reply end
  if reply.err:find('NOGROUP', 1, true) then call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM') end
  return call(...)
end

local function count(source, n)
  local left = call('HINCRBY', READY, source, n)
  if left <= 0 then
    call('HDEL', READY, source)
  elseif left == n then
    call('SADD', Q .. 'codes', source)
  end
end

local function dueAt(at, member)
  call('ZADD', DUE, at, member)
  if not q.next or at < q.next then q.next = at end
end

-- Tells the clients that wait, all at once: each asks again and says if it still waits.
local function wake()
  if q.wait <= q.now then return end
  q.wait = 0
  call('XADD', T .. 'wake', 'MAXLEN', '~', 100, '*', 'q', Q, 'by', ARGV[3])
  call('EXPIRE', T .. 'wake', 3600)
end

local function becomeLate(id, code)
  call('ZADD', Q .. 'l:' .. code, id:match('^%d+'), id)
  count('L' .. code, 1)
end

local function comeBack(code, id)
  local lane = code:sub(2)
  q.back = q.back + 1
  call('RPUSH', Q .. 'b:' .. lane, q.back .. ' ' .. code:sub(1, 1) .. ' ' .. id)
  count('B' .. lane, 1)
end

local function dropGrant(grant, codes)
  for _, code in ipairs(codes) do
    redis.pcall('XGROUP', 'DELCONSUMER', streamOf(code), GROUP, grant)
  end
  call('HDEL', GRANTS, grant, 'c:' .. grant, 'm:' .. grant)
end

local function codesOf(grant)
  local codes = call('HGET', GRANTS, 'c:' .. grant)
  return codes and cmsgpack.unpack(codes) or {}
end

local function leaveGrant(grant, n)
  if call('HINCRBY', GRANTS, grant, -n) > 0 then return end
  call('ZREM', DUE, 'g' .. grant)
  dropGrant(grant, codesOf(grant))
end

local function countDelivery(seq)
  local deliveries, rest = (call('HGET', COUNTS, seq) or '0 0 0'):match('^(%d+)( .*)$')
  call('HSET', COUNTS, seq, (deliveries + 1) .. rest)
end

local function expire(grant, at, back)
  local live = call('HGET', GRANTS, grant)
  local codes = codesOf(grant)
  for _, code in ipairs(live and codes or {}) do
    local pending = redis.pcall('XPENDING', streamOf(code), GROUP, '-', '+', live, grant)
    for _, each in ipairs(pending) do
      local seq = seqOf(code, each[1])
      countDelivery(seq)
      back[#back + 1] = { at = at, seq = tonumber(seq), code = code, id = each[1] }
    end
  end
  dropGrant(grant, codes)
end

-- Does what time has made due: instant by instant, and by seq within one.
local function catchUp()
  if not q.next or q.next > q.now then return end
  local due = call('ZRANGEBYSCORE', DUE, '-inf', q.now, 'WITHSCORES', 'LIMIT', 0, DUE_MAX)
  if #due > 0 then call('ZREMRANGEBYRANK', DUE, 0, #due / 2 - 1) end
  local back = {}
  for i = 1, #due, 2 do
    local kind, name, at = due[i]:sub(1, 1), due[i]:sub(2), tonumber(due[i + 1])
    if kind == 'g' then
      expire(name, at, back)
    else
      local id, code = name:match('^(%S+) (.*)$')
      q.delayed = q.delayed - 1
      if kind == 'd' then
        becomeLate(id, code)
      else
        back[#back + 1] = { at = at, seq = tonumber(seqOf(code, id)), code = code, id = id }
      end
    end
  end
  table.sort(back, function(a, b) return a.at < b.at or (a.at == b.at and a.seq < b.seq) end)
  for _, each in ipairs(back) do comeBack(each.code, each.id) end
  q.next = tonumber(call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2])
  if #due > 0 then wake() end
end

-- What is due was emptied by `catchUp`, unless there was too much of it.
local function isLive(grant)
  if not q.next or q.next > q.now then return true end
  local due = call('ZSCORE', DUE, 'g' .. grant)
  return due and tonumber(due) > q.now
end

-- Who holds this message by that grant or a part split off it; nil when the token is stale.
local function ownerOf(grant, code, id)
  local pending = redis.pcall('XPENDING', streamOf(code), GROUP, id, id, 1)
  local owner = not failed(pending) and pending[1] and pending[1][2]
  if not owner or (owner ~= grant and owner:sub(1, #grant + 1) ~= grant .. '/') then return nil end
  return isLive(owner) and owner or nil
end

-- The message of that ordering key is settled for good: the next may come.
local function leaveKey(seq)
  local key = call('HGET', Q .. 'keyof', seq)
  if not key then return end
  call('HDEL', Q .. 'keyof', seq)
  local nextUp = call('HGET', Q .. 'succ', seq)
  if not nextUp then
    call('HDEL', Q .. 'last', key)
    return
  end
  call('HDEL', Q .. 'succ', seq)
  local id, due, code = nextUp:match('^(%S+) (%S+) (.*)$')
  if tonumber(due) > q.now then
    q.delayed = q.delayed + 1
    dueAt(tonumber(due), 'd' .. id .. ' ' .. code)
  else
    becomeLate(id, code)
  end
end

local function bury(deadMax, ...)
  call('XADD', Q .. 'dead', 'MAXLEN', deadMax, '*', ...)
end

local function hexOf(fields)
  return (cjson.encode(fields):sub(1, 65536):gsub('.', function(c) return string.format('%02x', c:byte()) end))
end

local function isForeign(id)
  return tonumber(id:match('^%d+')) > q.seq
end

-- Buries what somebody else has added behind all that is ours, and takes the stream's last id back to where our own
-- can follow.
local function clearForeign(key, deadMax)
  local last = string.format('%d-18446744073709551615', q.seq)
  local foreign = call('XRANGE', key, '(' .. last, '+', 'COUNT', 1000)
  for _, entry in ipairs(foreign) do
    bury(deadMax, 'raw', hexOf(entry[2]), 'id', entry[1],
      'reason', 'an entry that was not published by Conclave stood in ' .. key)
    redis.pcall('XACK', key, GROUP, entry[1])
    call('XDEL', key, entry[1])
  end
  redis.pcall('XSETID', key, last)
  return last
end
