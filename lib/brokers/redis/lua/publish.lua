-- ARGV: 4 depthMax, 5 bytesMax, 6 windowMs, 7 idsMax, 8 producersMax, 9 refusalsMax, 10 deadMax, then records:
--   'n' producer before link 'lost seqs'               a producer of this call, first: the call of this client before
--                                                      it that must have been carried out, or ''
--   'j' part name                                      a publish of that name: 'whole', or 'first', 'more', 'last' of it
--   'p' producer firstSeq code n bytes 'b1 b2 …' texts…  n messages in a row that are ready and have no key
--   'm' 'p'|'i' name seq code bytes delayMs key reason text  one of any kind: name is its producer or its own id;
--                                                      key 'k…' or ''; reason, if it is to be buried
-- Answers a letter a message: a(ccepted), d(uplicate), f(ull); none when all were accepted; 'gap' and nothing else
-- when a call before this one was not carried out.
local DEPTH_MAX, BYTES_MAX = tonumber(ARGV[4]), tonumber(ARGV[5])
local WINDOW_MS, IDS_MAX = tonumber(ARGV[6]), tonumber(ARGV[7])
local PRODUCERS_MAX, REFUSALS_MAX = tonumber(ARGV[8]), tonumber(ARGV[9])
local MARKS, HEARD, IDS, ID_ORDER = Q .. 'marks', Q .. 'heard', Q .. 'ids', Q .. 'idorder'

catchUp()
local suffix = '-' .. string.format('%d', math.floor(q.now))
local letters, isFull, areAllAccepted = {}, false, true
local added = {}

-- The producer at hand: its mark (nil before the first), whether numbers of it were refused, its last call.
local producer
-- What the call says of its producers first: the call's own link, and numbers that got lost.
local said = {}

local function forgetProducer(name)
  call('ZREM', HEARD, name)
  call('HDEL', MARKS, name)
  call('UNLINK', Q .. 'r:' .. name)
end

local function leaveProducer()
  if not producer then return end
  if producer.hasRefused then producer.hasRefused = call('EXISTS', Q .. 'r:' .. producer.name) == 1 end
  call('HSET', MARKS, producer.name, (producer.mark and string.format('%d', producer.mark) or '')
    .. (producer.hasRefused and 'r' or '') .. ' ' .. producer.link)
  if not producer.isTouched or q.latest == producer.name then return end
  q.latest = producer.name
  q.heard = q.heard + 1
  if call('ZADD', HEARD, q.heard, producer.name) == 0 then return end
  if call('ZCARD', HEARD) > PRODUCERS_MAX then forgetProducer(call('ZRANGE', HEARD, 0, 0)[1]) end
end

local function noteRefusal(seq)
  producer.isTouched = true
  producer.hasRefused = true
  q.heard = q.heard + 1
  local key = Q .. 'r:' .. producer.name
  call('ZADD', key, q.heard, seq)
  if call('ZCARD', key) > REFUSALS_MAX then call('ZREMRANGEBYRANK', key, 0, 0) end
end

-- Numbers above the mark that got lost may come again, as refused ones may.
local function meetProducer(name)
  if producer and producer.name == name then return end
  leaveProducer()
  local mark, refused = (call('HGET', MARKS, name) or ' '):match('^(%-?%d*)(r?) ')
  producer = { name = name, mark = tonumber(mark), hasRefused = refused == 'r', isTouched = false }
  producer.link = ARGV[3] .. ':' .. said[name].link
  for each in said[name].lost:gmatch('%-?%d+') do
    local seq = tonumber(each)
    if not producer.mark or seq > producer.mark then noteRefusal(seq) end
  end
  said[name].lost = ''
end

local function isDuplicate(kind, name, seq)
  if kind == 'i' then return call('HEXISTS', IDS, name) == 1 end
  meetProducer(name)
  if not producer.mark or seq > producer.mark then return false end
  return not (producer.hasRefused and call('ZSCORE', Q .. 'r:' .. name, seq))
end

local function rememberId(id)
  call('HSET', IDS, id, 1)
  call('RPUSH', ID_ORDER, string.format('%.17g', q.now + WINDOW_MS) .. ' ' .. id)
  if call('LLEN', ID_ORDER) > IDS_MAX then call('HDEL', IDS, call('LPOP', ID_ORDER):match('^%S+ (.*)$')) end
end

local function forgetOldIds()
  local oldest = call('LINDEX', ID_ORDER, 0)
  while oldest do
    local untilMs, id = oldest:match('^(%S+) (.*)$')
    if tonumber(untilMs) > q.now then return end
    call('LPOP', ID_ORDER)
    call('HDEL', IDS, id)
    oldest = call('LINDEX', ID_ORDER, 0)
  end
end

local function accept(kind, name, seq)
  if kind == 'i' then return rememberId(name) end
  producer.isTouched = true
  if producer.hasRefused then call('ZREM', Q .. 'r:' .. name, seq) end
  if not producer.mark or seq > producer.mark then producer.mark = seq end
end

local function refuse(kind, seq)
  if kind == 'p' then noteRefusal(seq) end
end

-- Somebody else's entry with a larger id is in the way: it is buried, and where that does not help the message
-- becomes ready as late ones do.
local function addReady(key, code, id, text)
  if failed(redis.pcall('XADD', key, id, 'e', text)) then
    clearForeign(key, ARGV[10])
    if failed(redis.pcall('XADD', key, id, 'e', text)) then
      call('HSET', BODIES, q.seq, text)
      return becomeLate(id, code)
    end
  end
  added[code] = (added[code] or 0) + 1
end

-- Answers whether it is the first of its key.
local function enterKey(key, id, code, due)
  if key == '' then return true end
  local last = call('HGET', Q .. 'last', key)
  call('HSET', Q .. 'last', key, q.seq)
  call('HSET', Q .. 'keyof', q.seq, key)
  if not last then return true end
  call('HSET', Q .. 'succ', last, id .. ' ' .. string.format('%.17g', due) .. ' ' .. code)
  return false
end

local function hold(code, delayMs, key, text)
  local id = q.seq .. suffix
  local due = q.now + delayMs
  local isFirst = enterKey(key, id, code, due)
  if isFirst and delayMs == 0 then
    addReady(Q .. 's:' .. code, code, id, text)
    return
  end
  call('HSET', BODIES, q.seq, text)
  if not isFirst then return end
  q.delayed = q.delayed + 1
  dueAt(due, 'd' .. id .. ' ' .. code)
end

local function judge(kind, name, seq, bytes, reason)
  if isDuplicate(kind, name, seq) then return 'd' end
  local hasRoom = reason ~= '' or (q.held < DEPTH_MAX and q.bytes + bytes <= BYTES_MAX)
  return not isFull and hasRoom and 'a' or 'f'
end

local function publishOne(kind, name, seq, code, bytes, delayMs, key, reason, text)
  local letter = judge(kind, name, seq, bytes, reason)
  letters[#letters + 1] = letter
  if letter ~= 'a' then areAllAccepted = false end
  if letter == 'f' then
    isFull = true
    refuse(kind, seq)
  end
  if letter ~= 'a' then return end
  accept(kind, name, seq)
  q.seq = q.seq + 1
  if reason ~= '' then return bury(ARGV[10], 'e', text, 'reason', reason) end
  q.held = q.held + 1
  q.bytes = q.bytes + bytes
  hold(code, delayMs, key, text)
end

-- The usual case, and the one that has to be fast.
local function publishRow(at, name, first, code, n, bytes)
  producer.isTouched = true
  producer.mark = first + n - 1
  q.held = q.held + n
  q.bytes = q.bytes + bytes
  local key, seq, argv, pcall = Q .. 's:' .. code, q.seq, ARGV, redis.pcall
  local hits = 0
  for i = at + 1, at + n do
    seq = seq + 1
    if type(pcall('XADD', key, seq .. suffix, 'e', argv[i])) == 'table' then
      q.seq = seq
      addReady(key, code, seq .. suffix, argv[i])
    else
      hits = hits + 1
    end
  end
  q.seq = seq
  letters[#letters + 1] = string.rep('a', n)
  added[code] = (added[code] or 0) + hits
end

-- Whether a call of this client that was sent before this one has not been carried out: then this one must not be, or
-- what comes again of that one would pass for a resend.
local function isBehindGap(name, before)
  if before == '' then return false end
  return (call('HGET', MARKS, name) or ''):match(' (.*)$') ~= ARGV[3] .. ':' .. before
end

-- The part of a publish at hand: once one was full, all behind it are.
local part, partName = 'whole', nil

local function leavePart()
  if part == 'last' then
    call('HDEL', Q .. 'full', ARGV[3])
  elseif part ~= 'whole' and isFull then
    call('HSET', Q .. 'full', ARGV[3], partName)
  end
end

local function meetPart(nextPart, name)
  leavePart()
  part, partName = nextPart, name
  isFull = (part == 'more' or part == 'last') and call('HGET', Q .. 'full', ARGV[3]) == name
end

local at = 11
while ARGV[at] == 'n' do
  if isBehindGap(ARGV[at + 1], ARGV[at + 2]) then
    save()
    return { 'gap', q.now, nextDue(), q.held }
  end
  said[ARGV[at + 1]] = { link = ARGV[at + 3], lost = ARGV[at + 4] }
  at = at + 5
end
while at <= #ARGV do
  local record = ARGV[at]
  if record == 'j' then
    meetPart(ARGV[at + 1], ARGV[at + 2])
    at = at + 3
  elseif record == 'p' then
    local name, first, code = ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
    local n, bytes = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
    meetProducer(name)
    local isNewer = (not producer.mark or first > producer.mark) and not producer.hasRefused
    if isNewer and not isFull and q.held + n <= DEPTH_MAX and q.bytes + bytes <= BYTES_MAX then
      publishRow(at + 6, name, first, code, n, bytes)
    else
      local i = 0
      for each in ARGV[at + 6]:gmatch('%d+') do
        publishOne('p', name, first + i, code, tonumber(each), 0, '', '', ARGV[at + 7 + i])
        i = i + 1
      end
    end
    at = at + 7 + n
  else
    local kind, name, seq, code = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4]
    if kind == 'i' then forgetOldIds() end
    publishOne(kind, name, seq, code, tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]), ARGV[at + 7], ARGV[at + 8],
      ARGV[at + 9])
    at = at + 10
  end
end
leavePart()
leaveProducer()
for code, n in pairs(added) do
  if n > 0 then count(code, n) end
end
wake()
save()
return { areAllAccepted and '' or table.concat(letters), q.now, nextDue(), q.held, -1 }
