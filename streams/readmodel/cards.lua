-- Writes many cards of one kind; of each card the newest version wins, whatever the order of arrival.
-- KEYS: 1 = hash id -> card, 2 = hash id -> version, 3 = hash id -> what it says of its name NUL terms (terms.lua),
-- 4.. = sorted sets ("slots") of which each card stands in one; then, where ARGV[6] is 1, hash id -> what the card says
-- of its visitors, and sorted set of `visitor NUL id`, all of rank 0.
-- ARGV: 1 = live channel, 2 = kind, 3 = MessagePack of ids (each once), versions (30 digits each, end to end),
-- slots (1..), ranks, lengths in bytes; 4 = the cards, end to end; 5 = what stands behind the name and the address in
-- a card, "" = the kind is not searched; 6 = 1: the kind is found by visitors.
-- Equal versions: the later arrival wins, so that a card made again under new rules is shown.
-- Answers how many cards changed, then of each whose terms must be made anew its number (1..) and what it says of its
-- name. That is told until terms.lua has noted it: who dies in between is told again with the same card.
-- Either all is written or, where memory is full, nothing.
local live, kind, behind = ARGV[1], ARGV[2], ARGV[5]
local ids, versions, places, ranks, lengths = unpack(cmsgpack.unpack(ARGV[3]))
local slots, listed, by_visitor = #KEYS - 3, nil, nil
if ARGV[6] == '1' then slots, listed, by_visitor = #KEYS - 5, KEYS[#KEYS - 1], KEYS[#KEYS] end
local had = redis.call('HMGET', KEYS[2], unpack(ids))
local named = behind ~= '' and redis.call('HMGET', KEYS[3], unpack(ids))
local heard = listed and redis.call('HMGET', listed, unpack(ids))

local at = 1
local function card(n)
  return string.sub(ARGV[4], at, at + lengths[n] - 1)
end

-- Within a text every quote is escaped, so the first that look like these are these.
local function naming(n)
  local first = string.find(ARGV[4], '"name":"', at, true)
  local last = first and string.find(ARGV[4], behind, first, true)
  return last and last < at + lengths[n] and string.sub(ARGV[4], first, last) or ''
end

local function visitors(n)
  local _, first = string.find(ARGV[4], 'visitors":[', at, true) -- a v is rarer than a quote: looked for faster
  local last = first and string.find(ARGV[4], '],"deals":', first, true)
  return last and last < at + lengths[n] and string.sub(ARGV[4], first + 1, last - 1) or ''
end

local visited = {}
local function visit(n, id)
  local says, before = visitors(n), heard[n] or ''
  if says == before then return end
  local new = {}
  for _, one in ipairs(cjson.decode('[' .. says .. ']')) do new[one] = 'ZADD' end
  for _, one in ipairs(cjson.decode('[' .. before .. ']')) do new[one] = not new[one] and 'ZREM' or nil end
  visited[#visited + 1] = { id = id, says = says, new = new }
end

local answer = { 0 }
local function compare(n)
  local says = naming(n)
  if not named[n] or string.sub(named[n], 1, #says + 1) ~= says .. '\0' then
    answer[#answer + 1] = n
    answer[#answer + 1] = says
  end
end

local changed, told, fields, marks, sets = 0, {}, {}, {}, {}
for slot = 1, slots do sets[slot] = { add = {}, gone = {}, adds = 0, goes = 0 } end
for n, id in ipairs(ids) do
  local version, before = string.sub(versions, 30 * n - 29, 30 * n), had[n]
  if named and (not before or before <= version) then compare(n) end
  if listed and (not before or before <= version) then visit(n, id) end
  if not before or before < version or (before == version and redis.call('HGET', KEYS[1], id) ~= card(n)) then
    fields[2 * changed + 1], fields[2 * changed + 2] = id, card(n)
    marks[2 * changed + 1], marks[2 * changed + 2] = id, version
    changed = changed + 1
    told[changed] = { kind = kind, id = id }
    for slot, set in ipairs(sets) do
      if slot == places[n] then
        set.add[set.adds + 1], set.add[set.adds + 2] = ranks[n], id
        set.adds = set.adds + 2
      elseif before then
        set.goes = set.goes + 1
        set.gone[set.goes] = id
      end
    end
  end
  at = at + lengths[n]
end
for _, one in ipairs(visited) do
  redis.call('HSET', listed, one.id, one.says)
  for visitor, command in pairs(one.new) do
    local member = visitor .. '\0' .. one.id
    if command == 'ZADD' then redis.call('ZADD', by_visitor, 0, member) else redis.call('ZREM', by_visitor, member) end
  end
end
if changed == 0 then return answer end

redis.call('HSET', KEYS[1], unpack(fields))
redis.call('HSET', KEYS[2], unpack(marks))
for slot, set in ipairs(sets) do
  if set.adds > 0 then redis.call('ZADD', KEYS[slot + 3], unpack(set.add)) end
  if set.goes > 0 then redis.call('ZREM', KEYS[slot + 3], unpack(set.gone)) end
end
redis.call('PUBLISH', live, cjson.encode(told))
answer[1] = changed
return answer
