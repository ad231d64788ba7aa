-- ARGV: 4 resultTtlMs, 5 resultsMax, 6 resultBytesMax, 7 id. Answers now and the text, if it is kept.
openShelf(ARGV[2])
local wait = shelf.wait
shelf.wait = 0
forgetOldAnswers()
local text = call('HGET', A_TEXT, ARGV[7])
shelf.wait = wait
putShelf()
return { shelf.now, text }
