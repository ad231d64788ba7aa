-- ARGV: 4 leaseMs, then receipts of one grant each: grant n, n times (code id). Answers a letter a receipt: k(ept) or
-- s(tale). What is renewed of a grant in part becomes a grant of its own, whose name begins with that of the first:
-- tokens stay as they are.
local LEASE_MS = tonumber(ARGV[4])

letGrow()
catchUp()
local due = q.now + LEASE_MS
local letters = {}

local function pendingOf(grant, live)
  local isPending = {}
  for _, code in ipairs(codesOf(grant)) do
    for _, each in ipairs(redis.pcall('XPENDING', Q .. 's:' .. code, GROUP, '-', '+', live, grant)) do
      isPending[code .. ' ' .. each[1]] = true
    end
  end
  return isPending
end

-- A function that answers who holds a message, by one look for all where the grant was never split.
local function ownersBy(grant)
  local held = call('HMGET', GRANTS, grant, 'm:' .. grant)
  if not held[1] or held[2] == 's' or not isLive(grant) then
    return function(code, id) return ownerOf(grant, code, id) end
  end
  local isPending = pendingOf(grant, held[1])
  return function(code, id) return isPending[code .. ' ' .. id] and grant or nil end
end

local function split(base, owner, ids)
  q.back = q.back + 1
  local part = base .. '/' .. string.format('%d', q.back)
  local codes, n = {}, 0
  for code, list in pairs(ids) do
    codes[#codes + 1] = code
    n = n + #list
    local command = { 'XCLAIM', Q .. 's:' .. code, GROUP, part, 0 }
    for _, id in ipairs(list) do command[#command + 1] = id end
    command[#command + 1] = 'JUSTID'
    call(unpack(command))
  end
  call('HSET', GRANTS, part, n, 'c:' .. part, cmsgpack.pack(codes), 'm:' .. owner, 's')
  dueAt(due, 'g' .. part)
  leaveGrant(owner, n)
end

local function extendGrant(base, at, n)
  local ownerBy, mine, sizes = ownersBy(base), {}, {}
  local seen = {}
  for i = at, at + 2 * n - 1, 2 do
    local code, id = ARGV[i], ARGV[i + 1]
    local owner = ownerBy(code, id)
    letters[#letters + 1] = owner and 'k' or 's'
    if owner and not seen[code .. ' ' .. id] then
      seen[code .. ' ' .. id] = true
      mine[owner] = mine[owner] or {}
      mine[owner][code] = mine[owner][code] or {}
      table.insert(mine[owner][code], id)
      sizes[owner] = (sizes[owner] or 0) + 1
    end
  end
  for owner, ids in pairs(mine) do
    if tonumber(call('HGET', GRANTS, owner)) == sizes[owner] then
      dueAt(due, 'g' .. owner)
    else
      split(base, owner, ids)
    end
  end
end

local at = 5
while at <= #ARGV do
  local n = tonumber(ARGV[at + 1])
  extendGrant(ARGV[at], at + 2, n)
  at = at + 2 + 2 * n
end
wake()
save()
return { table.concat(letters), q.now, nextDue(), q.held, -1 }
