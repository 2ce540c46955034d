-- Takes cards of one kind away for good: no version of them is written again, however late it comes.
-- KEYS: 1 = hash id -> card, 2 = hash id -> version, 3 = hash id -> what it says of its name NUL terms, 4 = sorted set of
-- `term NUL id`, 5 = hash id -> what it says of its visitors, 6 = sorted set of `visitor NUL id`, 7.. = sorted sets in
-- which a card may stand, those of audiences too.
-- ARGV: 1 = live channel, 2 = kind, 3 = the version that nothing comes after, 4.. = ids.
local told = {}
for n = 4, #ARGV do
  local id = ARGV[n]
  local _, _, terms = string.find(redis.call('HGET', KEYS[3], id) or '', '^%Z*%z(.*)$')
  for term in string.gmatch(terms or '', '%Z+') do redis.call('ZREM', KEYS[4], term .. '\0' .. id) end
  redis.call('HDEL', KEYS[3], id)
  local visitors = cjson.decode('[' .. (redis.call('HGET', KEYS[5], id) or '') .. ']')
  for _, visitor in ipairs(visitors) do redis.call('ZREM', KEYS[6], visitor .. '\0' .. id) end
  redis.call('HDEL', KEYS[5], id)
  for slot = 7, #KEYS do redis.call('ZREM', KEYS[slot], id) end
  redis.call('HSET', KEYS[2], id, ARGV[3])
  if redis.call('HDEL', KEYS[1], id) == 1 then told[#told + 1] = { kind = ARGV[2], id = id } end
end
if #told > 0 then redis.call('PUBLISH', ARGV[1], cjson.encode(told)) end
return #told
