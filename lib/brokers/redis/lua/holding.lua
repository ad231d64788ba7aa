-- What settling has to know of one message: who holds it, and who waits behind it.

-- Who holds this message by that grant or a part split off it; nil when the token is stale.
local function ownerOf(grant, code, id)
  local pending = redis.pcall('XPENDING', Q .. 's:' .. code, GROUP, id, id, 1)
  local owner = not failed(pending) and pending[1] and pending[1][2]
  if not owner or (owner ~= grant and owner:sub(1, #grant + 1) ~= grant .. '/') then return nil end
  return isLive(owner) and owner or nil
end

-- The message of that ordering key is settled for good: the next may come.
local function leaveKey(seq)
  local key = call('HGET', Q .. 'keyof', seq)
  if not key then return end
  call('HDEL', Q .. 'keyof', seq)
  local nextUp = call('HGET', Q .. 'succ', seq)
  if not nextUp then
    call('HDEL', Q .. 'last', key)
    return
  end
  call('HDEL', Q .. 'succ', seq)
  local id, due, code = nextUp:match('^(%S+) (%S+) (.*)$')
  if tonumber(due) > q.now then
    q.delayed = q.delayed + 1
    dueAt(tonumber(due), 'd' .. id .. ' ' .. code)
  else
    becomeLate(id, code)
  end
end
