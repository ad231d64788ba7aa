-- The usual case, before `general` is made: whole publishes of one producer that is known, newer than all of its,
-- to one stream, with room for all of them. Nothing is changed before that is certain.
local name, code, mark, n, bytes = nil, nil, nil, 0, 0
local isUsual = not (q.next and q.next <= q.now)
local at = 11
while isUsual and at <= #ARGV do
  if ARGV[at] == 'j' then
    isUsual = ARGV[at + 1] == 'whole'
    at = at + 3
  elseif ARGV[at] == 'p' then
    if not name then
      name, code = ARGV[at + 1], ARGV[at + 3]
      mark = tonumber(call('HGET', Q .. 'marks', name) or '')
    end
    local first, length = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4])
    isUsual = mark and first > mark and ARGV[at + 1] == name and ARGV[at + 3] == code
    mark = first + length - 1
    n, bytes = n + length, bytes + tonumber(ARGV[at + 5])
    at = at + 7 + length
  else
    isUsual = false
  end
end
if not isUsual or not name or q.held + n > tonumber(ARGV[4]) or q.bytes + bytes > tonumber(ARGV[5]) then
  return general()
end

local suffix = '-' .. string.format('%d', math.floor(q.now))
local key, seq, add, argv = Q .. 's:' .. code, q.seq, redis.pcall, ARGV
at = 11
while at <= #argv do
  if argv[at] == 'j' then
    at = at + 3
  else
    local length = tonumber(argv[at + 4])
    for i = at + 7, at + 6 + length do
      seq = seq + 1
      -- Somebody else's entry in the way is met by the first of them.
      if type(add('XADD', key, seq .. suffix, 'e', argv[i])) == 'table' then return general() end
    end
    at = at + 7 + length
  end
end
q.seq, q.held, q.bytes = seq, q.held + n, q.bytes + bytes
if not q.ready[code] then call('SADD', Q .. 'codes', code) end
q.ready[code] = (q.ready[code] or 0) + n
call('HSET', Q .. 'marks', name, string.format('%d', mark))
if q.latest ~= name then
  q.latest, q.heard = name, q.heard + 1
  call('ZADD', Q .. 'heard', q.heard, name)
end
wake()
save()
return { '', q.now, nextDue(), q.held, -1 }
