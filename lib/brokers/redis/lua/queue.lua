-- What changes a queue; its layout is told in `state.lua`.

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
  local before = q.ready[source]
  local left = (before or 0) + n
  q.ready[source] = left > 0 and left or nil
  if not before and left > 0 then call('SADD', Q .. 'codes', source) end
end

local function dueAt(at, member)
  call('ZADD', DUE, at, member)
  if not q.next or at < q.next then q.next = at end
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
    redis.pcall('XGROUP', 'DELCONSUMER', Q .. 's:' .. code, GROUP, grant)
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

local function returnDue()
  local DUE_MAX = 1000
  local back = {}

  local function countDelivery(seq)
    local deliveries, rest = (call('HGET', COUNTS, seq) or '0 0 0'):match('^(%d+)( .*)$')
    call('HSET', COUNTS, seq, (deliveries + 1) .. rest)
  end

  local function expire(grant, at)
    local live = call('HGET', GRANTS, grant)
    local codes = codesOf(grant)
    for _, code in ipairs(live and codes or {}) do
      local pending = redis.pcall('XPENDING', Q .. 's:' .. code, GROUP, '-', '+', live, grant)
      for _, each in ipairs(pending) do
        local seq = seqOf(code, each[1])
        countDelivery(seq)
        back[#back + 1] = { at = at, seq = tonumber(seq), code = code, id = each[1] }
      end
    end
    dropGrant(grant, codes)
  end

  local due = call('ZRANGEBYSCORE', DUE, '-inf', q.now, 'WITHSCORES', 'LIMIT', 0, DUE_MAX)
  if #due > 0 then call('ZREMRANGEBYRANK', DUE, 0, #due / 2 - 1) end
  for i = 1, #due, 2 do
    local kind, name, at = due[i]:sub(1, 1), due[i]:sub(2), tonumber(due[i + 1])
    if kind == 'g' then
      expire(name, at)
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

-- Does what time has made due: instant by instant, and by seq within one.
local function catchUp()
  if q.next and q.next <= q.now then returnDue() end
end

-- What is due was emptied by `catchUp`, unless there was too much of it.
local function isLive(grant)
  if not q.next or q.next > q.now then return true end
  local due = call('ZSCORE', DUE, 'g' .. grant)
  return due and tonumber(due) > q.now
end

local function bury(deadMax, ...)
  call('XADD', Q .. 'dead', 'MAXLEN', deadMax, '*', ...)
end
