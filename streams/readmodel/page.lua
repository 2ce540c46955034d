-- A part of a sorted set, the greatest rank first, behind a place that may have moved or be gone since.
-- KEYS: 1 = the sorted set. ARGV: 1 = how many, then 2 = rank and 3 = id of the last that was seen (none: from the
-- beginning). Answers ids and ranks by turns.
-- Whoever keeps its rank is seen exactly once, whatever happens to the others.
local many, from = tonumber(ARGV[1]), 0
local function behind(a, b) -- in bytes: what a locale makes of ids is not how they stand
  for at = 1, math.min(#a, #b) do
    local left, right = string.byte(a, at), string.byte(b, at)
    if left ~= right then return left < right end
  end
  return #a < #b
end

if ARGV[2] then
  local rank, id = tonumber(ARGV[2]), ARGV[3]
  local low, high = 0, redis.call('ZCARD', KEYS[1])
  while low < high do
    local middle = math.floor((low + high) / 2)
    local one = redis.call('ZREVRANGE', KEYS[1], middle, middle, 'WITHSCORES')
    local its = tonumber(one[2])
    if its > rank or (its == rank and not behind(one[1], id)) then low = middle + 1 else high = middle end
  end
  from = low
end
return redis.call('ZREVRANGE', KEYS[1], from, from + many - 1, 'WITHSCORES')
