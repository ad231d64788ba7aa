-- What somebody else has added to a stream of ours.

local function hexOf(fields)
  return (cjson.encode(fields):sub(1, 65536):gsub('.', function(c) return string.format('%02x', c:byte()) end))
end

local function isForeign(id)
  return tonumber(id:match('^%d+')) > q.seq
end

-- Buries what somebody else has added behind all that is ours, and takes the stream's last id back to where our own
-- can follow.
local function clearForeign(key, deadMax)
  local last = string.format('%d-18446744073709551615', q.seq)
  local foreign = call('XRANGE', key, '(' .. last, '+', 'COUNT', 1000)
  for _, entry in ipairs(foreign) do
    bury(deadMax, 'raw', hexOf(entry[2]), 'id', entry[1],
      'reason', 'an entry that was not published by Conclave stood in ' .. key)
    redis.pcall('XACK', key, GROUP, entry[1])
    call('XDEL', key, entry[1])
  end
  redis.pcall('XSETID', key, last)
  return last
end
