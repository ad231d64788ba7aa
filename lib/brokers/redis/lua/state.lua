-- One queue. KEYS[2] is where its keys begin; ARGV[3] names the caller among those that wait.
--
--   state       as MessagePack: its time (now, server); counters (seq, held, bytes, settled, delayed, …); next, before
--               which nothing is due; ready, how many messages each source has that has any: '4ada' stream, 'L4ada'
--               late, 'Bada' what came back to lane ada
--   codes       all sources there ever were
--   s:4ada      stream: what was ready when it was accepted, by lane and priority; entry 'seq-acceptedMs'
--   s:xada      stream: what became ready late, once it is given out; entry 'n-seq'
--   l:4ada      sorted set by seq: what became ready late; the texts of it, and of what waits, are in `bodies`
--   b:ada       list: what came back, as 'order x id'; its entries are in their streams, pending for nobody
--   due         sorted set by time: 'g' and a grant (leases run out), 'd' (own delay), 'r' (refused with a delay)
--   grants      of each: how many are out, 'c:' the streams they are in, 'm:' whether some have left it unsettled
--   counts      by seq, of what came back: 'deliveries failures crashes'
--   last, succ, keyof    ordering keys: the last of a key, who follows whom, the key of a message
--   marks, heard, r:…    producers: high-water mark, order of hearing, refused numbers
--   ids, idorder         callers' own ids, and their order
--   full        by client, the publish of which an earlier part was full
--   dead        stream of dead letters
--
-- A message that is out is pending in its stream for the consumer that is named after its grant.
local Q = KEYS[2]
local DUE, GRANTS, COUNTS, BODIES = Q .. 'due', Q .. 'grants', Q .. 'counts', Q .. 'bodies'
local GROUP = 'conclave'

local q = call('GET', Q .. 'state')
local isNew = not q
q = q and cmsgpack.unpack(q)
  or { now = 0, seq = 0, held = 0, bytes = 0, settled = 0, back = 0, extra = 0, delayed = 0, heard = 0, wait = 0,
    ready = {} }
passTime(q, ARGV[2])

-- A script whose first write frees memory may go on to write when memory is full: what works a queue off must.
local function letGrow()
  call('DEL', T .. 'none')
end

local function save()
  call('SET', Q .. 'state', cmsgpack.pack(q))
  if isNew then call('SADD', T .. 'queues', Q) end
end

-- When something may be due: never late, -1 for nothing.
local function nextDue()
  return q.next and math.ceil(q.next) or -1
end

-- Tells the clients that wait, all at once: each asks again and says if it still waits.
local function wake()
  if q.wait <= q.now then return end
  q.wait = 0
  call('XADD', T .. 'wake', 'MAXLEN', '~', 100, '*', 'q', Q, 'by', ARGV[3])
  call('EXPIRE', T .. 'wake', 3600)
end

-- A caller that asks for many and large ones gets a part: what the server answers stands in its memory at once, and a
-- command takes so many arguments from a script.
local READ_MAX, REPLY_BYTES_MAX = 7000, 16777216
