-- Writes how far a part was filled, unless Redis was emptied since: then the mark of whoever fills it is gone.
-- KEYS: 1 = hash part -> state. ARGV: 1 = part, 2 = mark, 3 = new state. Answers 1 where it was written.
local state = redis.call('HGET', KEYS[1], ARGV[1])
if not state or string.sub(state, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
