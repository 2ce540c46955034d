-- Keeps the newest rejected ones; one that comes again is the same one.
-- KEYS: 1 = hash id -> body, 2 = sorted set of ids by time. ARGV: 1 = live channel, 2 = how many are kept,
-- then three of each: id, at (ms), body. Answers how many are kept now.
local channel, most = ARGV[1], tonumber(ARGV[2])
for at = 3, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2])
  redis.call('ZADD', KEYS[2], ARGV[at + 1], ARGV[at])
end
local over = redis.call('ZCARD', KEYS[2]) - most
if over > 0 then
  local old = redis.call('ZRANGE', KEYS[2], 0, over - 1)
  for first = 1, #old, 1000 do
    redis.call('HDEL', KEYS[1], unpack(old, first, math.min(first + 999, #old)))
  end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, over - 1)
end
redis.call('PUBLISH', channel, cjson.encode({ { kind = 'rejected', id = '' } }))
return redis.call('ZCARD', KEYS[2])
