-- The usual case, before `general` is made: nothing is due, and the receipts are of grants that nothing has left but by
-- being settled: what is pending for such a grant and exists is its own. What comes behind is left to `general`.
local letters, settled, settledBytes = {}, 0, 0
local at = 8
local isUsual = not (q.next and q.next <= q.now)
while isUsual and ARGV[at] == 'p' and at < tonumber(ARGV[7]) do
  local grant, key, n = ARGV[at + 1], Q .. 's:' .. ARGV[at + 2], tonumber(ARGV[at + 3])
  local held = call('HMGET', GRANTS, grant, 'm:' .. grant, 'c:' .. grant)
  local first, last = at + 6, at + 5 + n
  if not held[1] or held[2] then break end
  local kept = call('XACK', key, GROUP, unpack(ARGV, first, last))
  if kept == n then
    call('XDEL', key, unpack(ARGV, first, last))
    settledBytes = settledBytes + tonumber(ARGV[at + 4])
    letters[#letters + 1] = string.rep('k', n)
  else
    local i = first
    for bytes in ARGV[at + 5]:gmatch('%d+') do
      local isKept = call('XDEL', key, ARGV[i]) == 1
      if isKept then settledBytes = settledBytes + tonumber(bytes) end
      letters[#letters + 1] = isKept and 'k' or 's'
      i = i + 1
    end
  end
  settled = settled + kept
  if kept == tonumber(held[1]) then
    call('ZREM', DUE, 'g' .. grant)
    for _, code in ipairs(cmsgpack.unpack(held[3])) do
      redis.pcall('XGROUP', 'DELCONSUMER', Q .. 's:' .. code, GROUP, grant)
    end
    call('HDEL', GRANTS, grant, 'c:' .. grant)
  elseif kept > 0 then
    call('HINCRBY', GRANTS, grant, -kept)
  end
  at = last + 1
end
q.held, q.bytes, q.settled = q.held - settled, q.bytes - settledBytes, q.settled + settled
if at <= #ARGV then return general(at, letters, settled) end
-- Nothing becomes ready by it that anybody could wait for.
save()
return { table.concat(letters), q.now, nextDue(), q.held, -1 }
