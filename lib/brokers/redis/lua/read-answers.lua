-- ARGV: 4 resultTtlMs, 5 resultsMax, 6 resultBytesMax, 7 asker, 8 place, 9 max, 10 waitMs. Answers now, then place,
-- id and text of each.
local WAIT_MS_MAX = 3000

openShelf(ARGV[2])
local wait = shelf.wait
shelf.wait = 0
forgetOldAnswers()
local reply, ids = { shelf.now }, {}
local entries = call('XRANGE', A_FOR .. ARGV[7], ARGV[8] .. '-2', '+', 'COUNT', ARGV[9])
for i, entry in ipairs(entries) do ids[i] = entry[2][2] end
local texts = #ids > 0 and call('HMGET', A_TEXT, unpack(ids)) or {}
for i, entry in ipairs(entries) do
  local n = #reply
  reply[n + 1], reply[n + 2], reply[n + 3] = entry[1]:match('^%d+'), ids[i], texts[i] or ''
end
saveShelf()
local waitMs = math.min(tonumber(ARGV[10]), WAIT_MS_MAX)
if #ids == 0 and waitMs > 0 then wait = math.max(wait, shelf.now + waitMs) end
if wait > shelf.now then
  shelf.wait = wait
  putShelf()
end
return reply
