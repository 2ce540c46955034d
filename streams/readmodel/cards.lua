-- Writes many cards of one kind; of each card the newest version wins, whatever the order of arrival.
-- KEYS: 1 = hash of cards, 2.. = sorted sets ("slots") of which each card stands in exactly one.
-- ARGV: 1 = live channel, 2 = kind, then five of each card: id, version (30 digits), slot (1..), score, body.
-- Equal versions: the later arrival wins, so that a card made again under new rules is shown.
-- Answers how many cards changed.
local hash, slots = KEYS[1], #KEYS - 1
local channel, kind = ARGV[1], ARGV[2]
local ids = {}
for at = 3, #ARGV, 5 do ids[#ids + 1] = ARGV[at] end
if #ids == 0 then return 0 end

local kept = {}
local stored = redis.call('HMGET', hash, unpack(ids))
for n, id in ipairs(ids) do kept[id] = stored[n] or '' end

local newest = {}
for at = 3, #ARGV, 5 do
  local id, version, value = ARGV[at], ARGV[at + 1], ARGV[at + 1] .. ARGV[at + 4]
  if string.sub(kept[id], 1, 30) <= version and kept[id] ~= value then
    kept[id] = value
    newest[id] = { slot = tonumber(ARGV[at + 2]), score = ARGV[at + 3] }
  end
end

local fields, members, changed = {}, {}, 0
for id, place in pairs(newest) do
  fields[#fields + 1] = id
  fields[#fields + 1] = kept[id]
  for slot = 1, slots do
    members[slot] = members[slot] or { add = {}, gone = {} }
    if slot == place.slot then
      table.insert(members[slot].add, place.score)
      table.insert(members[slot].add, id)
    else
      table.insert(members[slot].gone, id)
    end
  end
  changed = changed + 1
end
if changed == 0 then return 0 end

redis.call('HSET', hash, unpack(fields))
for slot = 1, slots do
  local these = members[slot]
  if #these.add > 0 then redis.call('ZADD', KEYS[slot + 1], unpack(these.add)) end
  if #these.gone > 0 then redis.call('ZREM', KEYS[slot + 1], unpack(these.gone)) end
end
for id in pairs(newest) do
  redis.call('PUBLISH', channel, cjson.encode({ kind = kind, id = id }))
end
return changed
