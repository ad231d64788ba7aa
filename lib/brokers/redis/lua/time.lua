-- The first part of every script: whose keys, and what time it is.
--
-- KEYS[1] is where the tenant's keys begin, ARGV[1] says by which clock, ARGV[2] what the caller expects:
--   'virtual'   the caller's own clock and nothing else, for specs
--   'seen'      the time it saw here last and what has passed since on its monotonic clock
--   'fresh'     it has seen nothing here yet, and the server's clock is all there is
--
-- Each queue has a time of its own, and so have the answers. It goes on by what has passed on the server's clock, unless that disagrees with what
-- the caller has observed by more than the tolerance. A step of the server's clock therefore neither ends every lease
-- nor makes one last for ever.
local call = redis.call
local T = KEYS[1]

local TOLERANCE_MS = 1000

-- Brings `state`, of which `now` and `server` are kept, to this moment; `expected` is a text, '' for none.
local function passTime(state, expected)
  if ARGV[1] == 'virtual' then
    state.now = math.max(state.now, tonumber(ARGV[2]))
    return
  end
  expected = tonumber(expected)
  local time = call('TIME')
  local server = time[1] * 1000 + math.floor(time[2] / 1000)
  local now = state.server and state.now + math.max(0, server - state.server) or server
  if state.server and expected and math.abs(now - expected) > TOLERANCE_MS then
    now = math.max(state.now, math.floor(expected))
  end
  state.now, state.server = now, server
end
