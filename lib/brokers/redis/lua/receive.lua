-- ARGV: 4 max, 5 leaseMs, 6 ageingMs or '', 7 grant, 8 waitMs, 9 deadMax, 10 'all' or 'some', then the lanes of 'some'.
-- Answers { now, next, code, entries } where all is of one stream, or { now, next, '', code, id, text, counts, … }.
local MAX, LEASE_MS, AGEING_MS, GRANT = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
-- A waiting caller asks again about every second; what it says holds for somewhat longer.
local WAIT_MS_MAX = 3000
-- Heads of a stream read at once to merge it with others.
local PEEK_MAX = 32

letGrow()
local alreadyRead = ...

catchUp()
local max = math.min(MAX, READ_MAX)
if q.bytes > 0 then max = math.max(1, math.min(max, math.floor(REPLY_BYTES_MAX * q.held / q.bytes))) end

-- What there is for this caller: number of sources, and the first.
local sources, only = {}, nil
do
  local lanes
  if ARGV[10] == 'some' then
    lanes = {}
    for i = 11, #ARGV do lanes[ARGV[i]] = true end
  end
  for source, left in pairs(q.ready) do
    local kind = source:sub(1, 1)
    local code = kind == 'L' and source:sub(2) or source
    if not lanes or lanes[code:sub(2)] then
      sources[#sources + 1] = { kind = kind, code = code, lane = code:sub(2), left = left }
    end
  end
  if #sources == 1 and sources[1].kind ~= 'L' and sources[1].kind ~= 'B' then only = sources[1] end
end

local function grantOut(n, codes)
  local due = q.now + LEASE_MS
  dueAt(due, 'g' .. GRANT)
  call('HSET', GRANTS, GRANT, n, 'c:' .. GRANT, cmsgpack.pack(codes))
end

-- New entries of a stream, given out. Foreign ones stand behind all of ours: once one was read, all of ours were.
local function readNew(code, n)
  local key = Q .. 's:' .. code
  local reply = not alreadyRead
    and onGroup(key, 'XREADGROUP', 'GROUP', GROUP, GRANT, 'COUNT', n, 'STREAMS', key, '>')
  local entries = alreadyRead or reply and reply[1] and reply[1][2] or {}
  if #entries == 0 or not isForeign(entries[#entries][1]) then return entries end
  local ours = {}
  for _, entry in ipairs(entries) do
    if not isForeign(entry[1]) then ours[#ours + 1] = entry end
  end
  call('XGROUP', 'SETID', key, GROUP, clearForeign(key, ARGV[9]))
  return ours
end

-- Whoever finds nothing looks at a few streams for what nobody has published.
local function clearSome()
  for _, code in ipairs(call('SRANDMEMBER', Q .. 'codes', 16)) do
    local top = code:find('^%d') and call('XREVRANGE', Q .. 's:' .. code, '+', '-', 'COUNT', 1)[1]
    if top and isForeign(top[1]) then clearForeign(Q .. 's:' .. code, ARGV[9]) end
  end
end

-- What is given out, in that order.
local items = {}

local function claim(code, list)
  local key, seqs, textOf = Q .. 's:' .. code, {}, {}
  local command = { 'XCLAIM', key, GROUP, GRANT, 0 }
  for i, each in ipairs(list) do
    seqs[i] = seqOf(code, each.id)
    command[5 + i] = each.id
  end
  command[#command + 1] = 'FORCE'
  for _, entry in ipairs(onGroup(key, unpack(command))) do
    if entry then textOf[entry[1]] = entry[2] and entry[2][2] end
  end
  local counts = call('HMGET', COUNTS, unpack(seqs))
  for i, each in ipairs(list) do
    each.text, each.counts = textOf[each.id], counts[i] or ''
  end
end

local function takeReturned()
  local back = {}
  for _, source in ipairs(sources) do
    if source.kind == 'B' then
      for _, each in ipairs(call('LRANGE', Q .. 'b:' .. source.lane, 0, max - 1)) do
        local order, kind, id = each:match('^(%d+) (.) (.+)$')
        back[#back + 1] = { order = tonumber(order), source = source, code = kind .. source.lane, id = id }
      end
    end
  end
  table.sort(back, function(a, b) return a.order < b.order end)
  local taken, byCode = {}, {}
  for i = 1, math.min(max, #back) do
    local each = back[i]
    taken[each.source] = (taken[each.source] or 0) + 1
    byCode[each.code] = byCode[each.code] or {}
    table.insert(byCode[each.code], each)
  end
  for source, n in pairs(taken) do
    call('LTRIM', Q .. 'b:' .. source.lane, n, -1)
    count('B' .. source.lane, -n)
  end
  for code, list in pairs(byCode) do claim(code, list) end
  for i = 1, math.min(max, #back) do
    -- What somebody else has deleted is gone.
    if back[i].text then items[#items + 1] = back[i] else q.held = q.held - 1 end
  end
end

local function lastGiven(key)
  local info = onGroup(key, 'XINFO', 'GROUPS', key)
  if #info == 0 then
    call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM')
    return '0-0'
  end
  for i = 1, #info[1], 2 do
    if info[1][i] == 'last-delivered-id' then return info[1][i + 1] end
  end
end

-- The next of a source that is ready for its first delivery, without taking it.
local function headOf(source)
  local heads = source.heads
  if heads and heads[source.at] then return heads[source.at] end
  if source.left <= 0 then return nil end
  local ids = {}
  local n = math.min(source.left, PEEK_MAX)
  if source.kind == 'L' then
    ids = call('ZRANGE', Q .. 'l:' .. source.code, source.taken, source.taken + n - 1)
  else
    local key = Q .. 's:' .. source.code
    source.seen = source.seen or lastGiven(key)
    local entries = call('XRANGE', key, '(' .. source.seen, '+', 'COUNT', n)
    for i, entry in ipairs(entries) do ids[i] = entry[1] end
    source.seen = ids[#ids] or source.seen
  end
  if #ids == 0 then source.left = 0 end
  source.left = source.left - #ids
  source.at, source.heads = 1, {}
  for i, id in ipairs(ids) do
    local seq, acceptedMs = id:match('^(%d+)%-(%d+)$')
    source.heads[i] = { seq = tonumber(seq), at = tonumber(acceptedMs), id = id, source = source }
  end
  return source.heads[1]
end

local function isMoreUrgent(a, b)
  local ahead = a.source.priority - b.source.priority
  if AGEING_MS then ahead = ahead * AGEING_MS - (a.at - b.at) end
  return ahead > 0 or (ahead == 0 and a.seq < b.seq)
end

local function chooseFirsts()
  local firsts = {}
  for _, source in ipairs(sources) do
    if source.kind ~= 'B' then
      source.priority, source.at, source.taken = tonumber(source.code:sub(1, 1)), 1, 0
      firsts[#firsts + 1] = source
    end
  end
  local chosen = {}
  while #items + #chosen < max do
    local best
    for _, source in ipairs(firsts) do
      local head = headOf(source)
      if head and (not best or isMoreUrgent(head, best)) then best = head end
    end
    if not best then break end
    chosen[#chosen + 1] = best
    best.source.at = best.source.at + 1
    best.source.taken = best.source.taken + 1
  end
  return chosen, firsts
end

local function addExtra(lane, seq, text)
  local key = Q .. 's:x' .. lane
  q.extra = q.extra + 1
  local id = string.format('%d-%s', q.extra, seq)
  if failed(redis.pcall('XADD', key, id, 'e', text)) then
    q.extra = tonumber(call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1][1]:match('^%d+')) + 1
    id = string.format('%d-%s', q.extra, seq)
    call('XADD', key, id, 'e', text)
  end
  onGroup(key, 'XCLAIM', key, GROUP, GRANT, 0, id, 'FORCE', 'JUSTID')
  return id
end

local function takeLate(each)
  local lane, seq = each.source.lane, each.id:match('^%d+')
  local text = call('HGET', BODIES, seq) or ''
  call('HDEL', BODIES, seq)
  call('ZREM', Q .. 'l:' .. each.source.code, each.id)
  items[#items + 1] = { code = 'x' .. lane, id = addExtra(lane, seq, text), text = text, counts = '' }
end

local function takeFirsts()
  local chosen, firsts = chooseFirsts()
  for _, source in ipairs(firsts) do
    if source.taken > 0 then
      count(source.kind == 'L' and 'L' .. source.code or source.code, -source.taken)
      if source.kind ~= 'L' then source.entries, source.at = readNew(source.code, source.taken), 0 end
    end
  end
  for _, each in ipairs(chosen) do
    local source = each.source
    if source.kind == 'L' then
      takeLate(each)
    else
      source.at = source.at + 1
      local entry = source.entries[source.at]
      if entry then items[#items + 1] = { code = source.code, id = entry[1], text = entry[2][2], counts = '' } end
    end
  end
end

local function giveOutItems(reply)
  local isIn, codes = {}, {}
  for _, each in ipairs(items) do
    if not isIn[each.code] then
      isIn[each.code] = true
      codes[#codes + 1] = each.code
    end
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = each.code, each.id, each.text, each.counts
  end
  if #items > 0 then grantOut(#items, codes) end
  return reply
end

local function waitFor()
  clearSome()
  local waitMs = math.min(tonumber(ARGV[8]), WAIT_MS_MAX)
  if waitMs > 0 then q.wait = math.max(q.wait, q.now + waitMs) end
end

local code, entries, many = '', {}, nil
if only then
  code = only.code
  entries = readNew(code, max)
  if #entries > 0 then
    grantOut(#entries, { code })
    count(code, -#entries)
  else
    q.ready[code] = nil
  end
elseif #sources > 0 then
  takeReturned()
  if #items < max then takeFirsts() end
end
if #items + #entries == 0 then waitFor() end
local reply = { q.now, nextDue(), code }
if only then reply[4] = entries else giveOutItems(reply) end
reply[2] = nextDue()
save()
return reply
