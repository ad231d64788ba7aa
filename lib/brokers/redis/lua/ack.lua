-- ARGV: 4 resultTtlMs, 5 resultsMax, 6 resultBytesMax, 7 position of the answers, then receipts:
--   'p' grant code n bytes 'b1 b2 …' ids…     n of one grant and stream, without key, never given out before
--   'm' grant code id bytes isKeyed           one of any kind
-- and behind them, where there are answers, the time expected of the shelf, and of each: position of its receipt, id,
-- asker, bytes, text. Answers a letter a receipt, in this order: k(ept) or s(tale), none when all counted.
local ANSWERS_AT = tonumber(ARGV[7])
-- Where to go on, and what came of those before.
local at, letters, settledBefore = ...

catchUp()

local function ackOne(grant, code, id, bytes, isKeyed)
  local owner = ownerOf(grant, code, id)
  if not owner then return 's' end
  local key, seq = Q .. 's:' .. code, seqOf(code, id)
  call('XACK', key, GROUP, id)
  call('XDEL', key, id)
  leaveGrant(owner, 1)
  call('HDEL', COUNTS, seq)
  if isKeyed then leaveKey(seq) end
  q.held, q.bytes, q.settled = q.held - 1, q.bytes - bytes, q.settled + 1
  return 'k'
end

local before = q.settled
while at < ANSWERS_AT do
  local grant, code = ARGV[at + 1], ARGV[at + 2]
  if ARGV[at] == 'p' then
    local i = at + 6
    for bytes in ARGV[at + 5]:gmatch('%d+') do
      letters[#letters + 1] = ackOne(grant, code, ARGV[i], tonumber(bytes), false)
      i = i + 1
    end
    at = i
  else
    letters[#letters + 1] = ackOne(grant, code, ARGV[at + 3], tonumber(ARGV[at + 4]), ARGV[at + 5] == '1')
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
if settledBefore + q.settled - before > 0 then wake() end
save()
return { all, q.now, nextDue(), q.held, shelf and shelf.now or -1 }
