-- Removes the queue; its lists are freed in the background. What is the tenant's goes with its last queue.
local Q = KEYS[2]
local keys = {}
for _, name in ipairs({ 'state', 'due', 'grants', 'counts', 'bodies', 'last', 'succ', 'keyof', 'marks',
  'heard', 'ids', 'idorder', 'full', 'dead', 'codes' }) do keys[#keys + 1] = Q .. name end
for _, source in ipairs(call('SMEMBERS', Q .. 'codes')) do
  local kind = source:sub(1, 1)
  if kind == 'L' then
    keys[#keys + 1] = Q .. 'l:' .. source:sub(2)
    keys[#keys + 1] = Q .. 's:x' .. source:sub(3)
  elseif kind == 'B' then
    keys[#keys + 1] = Q .. 'b:' .. source:sub(2)
  else
    keys[#keys + 1] = Q .. 's:' .. source
  end
end
for _, name in ipairs(call('HKEYS', Q .. 'marks')) do keys[#keys + 1] = Q .. 'r:' .. name end
for at = 1, #keys, 1000 do call('UNLINK', unpack(keys, at, math.min(#keys, at + 999))) end
call('SREM', T .. 'queues', Q)
if call('SCARD', T .. 'queues') == 0 then call('UNLINK', T .. 'wake', T .. 'a:state', T .. 'a:text', T .. 'a:order') end
return 1
