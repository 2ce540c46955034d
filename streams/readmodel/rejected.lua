-- Keeps the newest rejected ones; one that comes again is the same one. A note that one was replayed lies beside it.
-- KEYS: 1 = hash id -> body, 2 = sorted set of ids by time. ARGV: 1 = live channel, 2 = how many are kept,
-- then three of each: id, at (ms; -1 = body is a note), body. Answers how many are kept now.
local channel, most = ARGV[1], tonumber(ARGV[2])
for at = 3, #ARGV, 3 do
  if ARGV[at + 1] ~= '-1' then
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2])
    redis.call('ZADD', KEYS[2], ARGV[at + 1], ARGV[at])
  elseif redis.call('HEXISTS', KEYS[1], ARGV[at]) == 1 then
    redis.call('HSET', KEYS[1], ARGV[at] .. ':replayed', ARGV[at + 2])
  end
end
local over = redis.call('ZCARD', KEYS[2]) - most
if over > 0 then
  local old = redis.call('ZRANGE', KEYS[2], 0, over - 1)
  for _, id in ipairs(old) do
    redis.call('HDEL', KEYS[1], id, id .. ':replayed')
  end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, over - 1)
end
redis.call('PUBLISH', channel, cjson.encode({ { kind = 'rejected', id = '' } }))
return redis.call('ZCARD', KEYS[2])
