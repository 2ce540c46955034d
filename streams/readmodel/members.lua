-- Puts leads into the lists of audiences that they are in, and into those of who left.
-- KEYS: 1 = hash lead id -> version of its card, 2 = set of the audiences that have lists, then two for each audience:
-- ids by when they entered, ids by when they left.
-- ARGV: 1 = how many of those who left are kept, 2 = MessagePack of [audience, ...] and of
-- [lead id, version of the card, place of the audience (1..), 1 = is in, at] for each change that a card tells of.
-- A card that is not the one that was written (a newer one was faster) says nothing.
local most, told = tonumber(ARGV[1]), cmsgpack.unpack(ARGV[2])
local names, changes = told[1], told[2]
if #names > 0 then redis.call('SADD', KEYS[2], unpack(names)) end
for _, one in ipairs(changes) do
  local id, version, place, is_in, at = unpack(one)
  if redis.call('HGET', KEYS[1], id) == version then
    local inside, outside = KEYS[2 * place + 1], KEYS[2 * place + 2]
    redis.call('ZADD', is_in == 1 and inside or outside, at, id)
    redis.call('ZREM', is_in == 1 and outside or inside, id)
  end
end
for place = 1, #names do
  redis.call('ZREMRANGEBYRANK', KEYS[2 * place + 2], 0, -most - 1)
end
return #changes
