-- The usual case, before `general` is made: nothing is due, and all there is stands in one stream, or nothing is there.
local only, isDue = next(q.ready), q.next and q.next <= q.now
if not only and not isDue and ARGV[8] == '0' then return { q.now, nextDue(), '' } end
local isUsual = only and not next(q.ready, only) and only:find('^%d') and not isDue
if isUsual and ARGV[10] == 'some' then
  local lane = only:sub(2)
  isUsual = false
  for i = 11, #ARGV do isUsual = isUsual or ARGV[i] == lane end
end
if not isUsual then return general() end

local max = math.min(tonumber(ARGV[4]), READ_MAX)
if q.bytes > 0 then max = math.max(1, math.min(max, math.floor(REPLY_BYTES_MAX * q.held / q.bytes))) end
local grant, key = ARGV[7], Q .. 's:' .. only
local reply = redis.pcall('XREADGROUP', 'GROUP', GROUP, grant, 'COUNT', max, 'STREAMS', key, '>')
local entries = reply and reply[1] and reply[1][2]
if not entries or tonumber(entries[#entries][1]:match('^%d+')) > q.seq then return general(entries) end

local due = q.now + tonumber(ARGV[5])
call('ZADD', DUE, due, 'g' .. grant)
if not q.next or due < q.next then q.next = due end
call('HSET', GRANTS, grant, #entries, 'c:' .. grant, cmsgpack.pack({ only }))
local left = q.ready[only] - #entries
q.ready[only] = left > 0 and left or nil
save()
return { q.now, nextDue(), only, entries }
