-- Answers { now, next, ready, delayed, heldBack, inFlight, settled }.
letGrow()
catchUp()
local ready = 0
for _, n in pairs(q.ready) do ready = ready + n end
local heldBack = call('HLEN', Q .. 'succ')
if not isNew then save() end
return { q.now, nextDue(), ready, q.delayed, heldBack, q.held - ready - q.delayed - heldBack, q.settled }
