-- Answers to tasks, the tenant's. ARGV: 4 resultTtlMs, 5 resultsMax, 6 resultBytesMax.
--
--   a:state   as JSON: its time (now, server), place (of the last), n, bytes, wait
--   a:text    by task: the answer as its client wrote it
--   a:order   list, oldest first: [place, untilMs, bytes, id, asker] as JSON
--   a:for:x   stream of the places and tasks for one asker
local SHELF_TTL_MS, SHELF_MAX, SHELF_BYTES_MAX = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local A_STATE, A_TEXT, A_ORDER, A_FOR = T .. 'a:state', T .. 'a:text', T .. 'a:order', T .. 'a:for:'

local shelf

local function openShelf(expected)
  if shelf then return end
  local text = call('GET', A_STATE)
  shelf = text and cjson.decode(text) or { n = 0, bytes = 0, wait = 0, now = 0 }
  passTime(shelf, expected)
  -- A reader may hold a place of a shelf that has expired since: those of a new one come after it.
  shelf.place = shelf.place or math.floor(shelf.now)
end

-- It outlives what it counts, and not for ever.
local function putShelf()
  local text = cjson.encode(shelf)
  if ARGV[1] == 'virtual' then call('SET', A_STATE, text) else call('SET', A_STATE, text, 'PX', SHELF_TTL_MS + 120000) end
end

local function forgetOldest(place, bytes, id, asker)
  call('LPOP', A_ORDER)
  call('HDEL', A_TEXT, id)
  if asker then call('XDEL', A_FOR .. asker, place .. '-1') end
  shelf.n = shelf.n - 1
  shelf.bytes = shelf.bytes - bytes
end

local function forgetOldAnswers()
  while shelf.n > 0 do
    local line = call('LINDEX', A_ORDER, 0)
    if not line then
      shelf.n, shelf.bytes = 0, 0
      return
    end
    local place, untilMs, bytes, id, asker = unpack(cjson.decode(line))
    if untilMs > shelf.now and shelf.n <= SHELF_MAX and shelf.bytes <= SHELF_BYTES_MAX then return end
    forgetOldest(string.format('%d', place), bytes, id, asker)
  end
end

-- Keeps the first answer to a task; `asker` is '' for nobody, or 'a' and the name.
local function keepAnswer(id, asker, bytes, text)
  if call('HSETNX', A_TEXT, id, text) == 0 then return end
  shelf.place = shelf.place + 1
  shelf.n = shelf.n + 1
  shelf.bytes = shelf.bytes + bytes
  local line = { shelf.place, shelf.now + SHELF_TTL_MS, bytes, id }
  if asker ~= '' then line[5] = asker:sub(2) end
  call('RPUSH', A_ORDER, cjson.encode(line))
  if asker ~= '' then
    local key = A_FOR .. asker:sub(2)
    call('XADD', key, string.format('%d-1', shelf.place), 'i', id)
    if ARGV[1] ~= 'virtual' then call('PEXPIRE', key, SHELF_TTL_MS + 60000) end
  end
  forgetOldAnswers()
end

local function saveShelf()
  if not shelf then return end
  if ARGV[1] ~= 'virtual' then
    call('PEXPIRE', A_TEXT, SHELF_TTL_MS + 60000)
    call('PEXPIRE', A_ORDER, SHELF_TTL_MS + 60000)
  end
  if shelf.wait > shelf.now then
    shelf.wait = 0
    call('XADD', T .. 'wake', 'MAXLEN', '~', 100, '*', 'q', '', 'by', ARGV[3])
    call('EXPIRE', T .. 'wake', 3600)
  end
  putShelf()
end
