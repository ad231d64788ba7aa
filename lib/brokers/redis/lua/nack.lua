-- ARGV: 4 resultTtlMs, 5 resultsMax, 6 resultBytesMax, 7 deadMax, 8 the time expected of the shelf, then 13 a refusal:
--   grant code id bytes isKeyed 'd'(ead)|'b'(ack) counts delayMs failures crashes reason answer-id answer-asker
-- and, for those that have an answer (an id), two more: bytes, text. Counts are as of now, failures and crashes for
-- a dead letter in all. Answers a letter a refusal: k(ept), s(tale), d(ead-lettered).
letGrow()
catchUp()
local letters = {}

local function buryOne(key, code, id, at)
  local entry = call('XRANGE', key, id, id)[1]
  local text = entry and entry[2][2] or ''
  bury(ARGV[7], 'e', text, 'f', ARGV[at + 8], 'c', ARGV[at + 9], 'reason', ARGV[at + 10])
  call('XDEL', key, id)
  local seq = seqOf(code, id)
  call('HDEL', COUNTS, seq)
  if ARGV[at + 4] == '1' then leaveKey(seq) end
  q.held = q.held - 1
  q.bytes = q.bytes - tonumber(ARGV[at + 3])
  q.settled = q.settled + 1
end

local function refuse(at)
  local grant, code, id = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local owner = ownerOf(grant, code, id)
  if not owner then return 's' end
  local key = Q .. 's:' .. code
  call('XACK', key, GROUP, id)
  if call('HGET', GRANTS, 'm:' .. owner) ~= 's' then call('HSET', GRANTS, 'm:' .. owner, 'n') end
  leaveGrant(owner, 1)
  if ARGV[at + 5] == 'd' then
    buryOne(key, code, id, at)
    return 'd'
  end
  call('HSET', COUNTS, seqOf(code, id), ARGV[at + 6])
  local delayMs = tonumber(ARGV[at + 7])
  if delayMs > 0 then
    q.delayed = q.delayed + 1
    dueAt(q.now + delayMs, 'r' .. id .. ' ' .. code)
  else
    comeBack(code, id)
  end
  return 'k'
end

local at = 9
while at <= #ARGV do
  local letter = refuse(at)
  letters[#letters + 1] = letter
  local hasAnswer = ARGV[at + 11] ~= ''
  if hasAnswer and letter == 'd' then
    openShelf(ARGV[8])
    forgetOldAnswers()
    keepAnswer(ARGV[at + 11], ARGV[at + 12], tonumber(ARGV[at + 13]), ARGV[at + 14])
  end
  at = at + (hasAnswer and 15 or 13)
end
saveShelf()
wake()
save()
return { table.concat(letters), q.now, nextDue(), q.held, shelf and shelf.now or -1 }
