-- Makes cards found by their new terms, and by their former ones no longer.
-- KEYS: 1 = hash id -> version, 2 = hash id -> what the card says of its name NUL terms, joined by NUL, 3 = sorted set
-- of `term NUL id`, all of rank 0, so that they stand by the alphabet.
-- ARGV: 1 = MessagePack: id, version, what the card says of its name, terms, of each card.
-- A card that somebody wrote anew since is left to them.
for _, one in ipairs(cmsgpack.unpack(ARGV[1])) do
  local id, version, naming, terms = unpack(one)
  if redis.call('HGET', KEYS[1], id) == version then
    local add, gone, new = {}, {}, {}
    for term in string.gmatch(terms, '%Z+') do new[term] = true end
    local _, _, before = string.find(redis.call('HGET', KEYS[2], id) or '', '^%Z*%z(.*)$')
    for term in string.gmatch(before or '', '%Z+') do
      if new[term] then new[term] = nil else gone[#gone + 1] = term .. '\0' .. id end
    end
    for term in pairs(new) do
      add[#add + 1] = 0
      add[#add + 1] = term .. '\0' .. id
    end
    if #add > 0 then redis.call('ZADD', KEYS[3], unpack(add)) end
    if #gone > 0 then redis.call('ZREM', KEYS[3], unpack(gone)) end
    redis.call('HSET', KEYS[2], id, naming .. '\0' .. terms)
  end
end
return 1
