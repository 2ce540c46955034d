-- Ids of the cards that are found by words: each word is the beginning of one of the card's terms.
-- KEYS: 1 = sorted set of `term NUL id`, 2 = hash id -> what the card says of its name NUL terms, 3 = ids by rank.
-- ARGV: 1 = how many are wanted, 2 = how many are looked at for each question, then the questions: words joined by
-- NUL. A card that answers any of them is found.
-- Answers 1 where more were there than were looked at or given, else 0; then ids, the greatest rank first.
local wanted, most = tonumber(ARGV[1]), tonumber(ARGV[2])

local function rarest(words)
  local best, least
  for at, word in ipairs(words) do
    local count = redis.call('ZLEXCOUNT', KEYS[1], '[' .. word, '(' .. word .. '\255')
    if not least or count < least then best, least = at, count end
  end
  return best, least or 0
end

local function has(terms, word)
  return string.find('\0' .. terms, '\0' .. word, 1, true) ~= nil
end

local found, ids, more = {}, {}, 0
for question = 3, #ARGV do
  local words = {}
  for word in string.gmatch(ARGV[question], '%Z+') do words[#words + 1] = word end
  local best, count = rarest(words)
  if count > most then more = 1 end
  local places = count > 0 and redis.call('ZRANGEBYLEX', KEYS[1], '[' .. words[best], '(' .. words[best] .. '\255',
    'LIMIT', 0, most) or {}
  local some = {}
  for at, place in ipairs(places) do some[at] = string.match(place, '^%Z*%z(.*)$') end
  local named = #words > 1 and #some > 0 and redis.call('HMGET', KEYS[2], unpack(some))
  for at, id in ipairs(some) do
    local all = true
    for n, word in ipairs(words) do
      if n ~= best and not has(string.match(named[at] or '', '%z.*$') or '', word) then all = false end
    end
    if all and not found[id] then
      found[id] = true
      ids[#ids + 1] = id
    end
  end
end
if #ids == 0 then return { more } end

-- The first of them alone are put in order: sorting all would take longer than finding them.
local best, size, over = {}, 0, #ids > wanted and 1 or more
local function before(a, b) return a.rank > b.rank or (a.rank == b.rank and a.id < b.id) end
for at, score in ipairs(redis.call('ZMSCORE', KEYS[3], unpack(ids))) do
  local one = { rank = tonumber(score) or 0, id = ids[at] }
  if size < wanted or before(one, best[size]) then
    local to = size < wanted and size + 1 or size
    while to > 1 and before(one, best[to - 1]) do
      best[to] = best[to - 1]
      to = to - 1
    end
    best[to] = one
    size = math.min(size + 1, wanted)
  end
end
local answer = { over }
for at, one in ipairs(best) do answer[at + 1] = one.id end
return answer
