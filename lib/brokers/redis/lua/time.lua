-- The first part of every script: whose keys, and what time it is.
--
-- KEYS[1] is where the tenant's keys begin, ARGV[1] says by which clock, ARGV[2] what the caller expects:
--   'virtual'   the caller's own clock and nothing else, for specs
--   'seen'      the time it saw last and what has passed since on its monotonic clock
--   'fresh'     it has seen nothing yet, and the server's clock is all there is
--
-- Queue time is the tenant's: kept as 'now server', it goes on by what has passed on the server's clock, unless that
-- disagrees with what the caller has observed by more than the tolerance. A step of the server's clock therefore
-- neither ends every lease nor makes one last for ever.
local call = redis.call
local T = KEYS[1]

local TOLERANCE_MS = 1000
local KEPT_FOR_MS = 250

local function timeNow()
  local expected = tonumber(ARGV[2])
  if ARGV[1] == 'virtual' then return expected end
  local time = call('TIME')
  local server = time[1] * 1000 + math.floor(time[2] / 1000)
  local kept = call('GET', T .. 'clock')
  local now, isKept = server, false
  if kept then
    local was, at = kept:match('^(%d+) (%d+)$')
    was, at = tonumber(was), tonumber(at)
    now = was + math.max(0, server - at)
    isKept = server >= at and server - at < KEPT_FOR_MS
    if expected and math.abs(now - expected) > TOLERANCE_MS then
      now, isKept = math.max(was, math.floor(expected)), false
    end
  end
  -- Out of memory must not keep anybody from settling, which begins with this.
  if not isKept then redis.pcall('SET', T .. 'clock', string.format('%d %d', now, server)) end
  return now
end
