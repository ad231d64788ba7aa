-- ARGV: 4 resultTtlMs, 5 resultsMax, 6 resultBytesMax, 7 position of the answers, then receipts:
--   'p' grant code n bytes 'b1 b2 …' ids…     n of one grant and stream, without key, never given out before
--   'm' grant code id bytes isKeyed           one of any kind
-- and behind them, where there are answers, the time expected of the shelf, and of each: position of its receipt, id,
-- asker, bytes, text. Answers a letter a receipt, in this order: k(ept) or s(tale), none when all counted.
local ANSWERS_AT = tonumber(ARGV[7])

letGrow()
catchUp()
local letters, areAllKept = {}, true
local settledBefore = q.settled

local function answer(letter)
  letters[#letters + 1] = letter
  if letter == 's' then areAllKept = false end
end

local function settle(n, bytes)
  q.held = q.held - n
  q.bytes = q.bytes - bytes
  q.settled = q.settled + n
end

local function ackOne(grant, code, id, bytes, isKeyed)
  local owner = ownerOf(grant, code, id)
  if not owner then return answer('s') end
  local key, seq = Q .. 's:' .. code, seqOf(code, id)
  call('XACK', key, GROUP, id)
  call('XDEL', key, id)
  leaveGrant(owner, 1)
  call('HDEL', COUNTS, seq)
  if isKeyed then leaveKey(seq) end
  settle(1, bytes)
  answer('k')
end

-- How many are out of a grant that nothing has left but by being settled: what is pending for it and exists is its
-- own. Undefined for any other.
local function wholeGrant(grant)
  local held = call('HMGET', GRANTS, grant, 'm:' .. grant)
  return held[1] and not held[2] and isLive(grant) and tonumber(held[1])
end

local function leaveWhole(grant, live, n)
  if n < live then return call('HINCRBY', GRANTS, grant, -n) end
  call('ZREM', DUE, 'g' .. grant)
  dropGrant(grant, codesOf(grant))
end

local function ackRow(grant, code, n, bytes, each, at)
  local key = Q .. 's:' .. code
  local live = wholeGrant(grant)
  if not live then
    local i = at
    for b in each:gmatch('%d+') do
      ackOne(grant, code, ARGV[i], tonumber(b), false)
      i = i + 1
    end
    return
  end
  local kept = call('XACK', key, GROUP, unpack(ARGV, at, at + n - 1))
  if kept == n then
    call('XDEL', key, unpack(ARGV, at, at + n - 1))
    settle(n, bytes)
    letters[#letters + 1] = string.rep('k', n)
  else
    local i = at
    for b in each:gmatch('%d+') do
      local isKept = call('XDEL', key, ARGV[i]) == 1
      if isKept then settle(1, tonumber(b)) end
      answer(isKept and 'k' or 's')
      i = i + 1
    end
  end
  if kept > 0 then leaveWhole(grant, live, kept) end
end

local at = 8
while at < ANSWERS_AT do
  local grant, code = ARGV[at + 1], ARGV[at + 2]
  if ARGV[at] == 'p' then
    local n = tonumber(ARGV[at + 3])
    ackRow(grant, code, n, tonumber(ARGV[at + 4]), ARGV[at + 5], at + 6)
    at = at + 6 + n
  else
    ackOne(grant, code, ARGV[at + 3], tonumber(ARGV[at + 4]), ARGV[at + 5] == '1')
    at = at + 6
  end
end
local all = table.concat(letters)
if ANSWERS_AT <= #ARGV then
  openShelf(ARGV[ANSWERS_AT])
  forgetOldAnswers()
  for i = ANSWERS_AT + 1, #ARGV, 5 do
    local position = tonumber(ARGV[i])
    if all:sub(position, position) == 'k' then
      keepAnswer(ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 4])
    end
  end
  saveShelf()
end
if q.settled > settledBefore then wake() end
save()
return { areAllKept and '' or all, q.now, nextDue(), q.held, shelf and shelf.now or -1 }
