"""What Redis does in one step each, in its Lua. Keys are made of the first one: one server, not a cluster's
slots.

Times are microseconds since 1970, exact as Lua's numbers up to the year 2255.
"""

from __future__ import annotations

#: KEYS: prefix of the plates' keys, index. ARGV: oldest kept, keep ms, a plate's most, most plates, then JSON
#: of three lists: plates, captured_at, members.
PUT_SIGHTINGS = """
local columns = cjson.decode(ARGV[5])
local plates, moments, members = columns[1], columns[2], columns[3]
local oldest, most = tonumber(ARGV[1]), -1 - tonumber(ARGV[3])
for i = 1, #plates do
  local plate, at = plates[i], moments[i]
  if at > oldest then
    local key = KEYS[1] .. plate
    redis.call('ZADD', key, at, members[i])
    redis.call('ZREMRANGEBYRANK', key, 0, most)
    redis.call('PEXPIRE', key, ARGV[2])
    redis.call('ZADD', KEYS[2], 'GT', at, plate)
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if over > 0 then
  local gone = redis.call('ZPOPMIN', KEYS[2], over)
  for i = 1, #gone, 2 do redis.call('DEL', KEYS[1] .. gone[i]) end
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
"""

#: KEYS: a plate's. ARGV: oldest kept (exclusive), before (exclusive).
LAST_SIGHTING = """
return redis.call('ZREVRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '(' .. ARGV[1], 'WITHSCORES', 'LIMIT', 0, 1)
"""

#: KEYS: one a repeat. ARGV: keep ms, then captured_at for each key.
REMEMBER_REPEATS = """
for i, key in ipairs(KEYS) do
  local at = ARGV[i + 1]
  local there = redis.call('GET', key)
  if there and tonumber(there) > tonumber(at) then at = there end
  redis.call('SET', key, at, 'PX', ARGV[1])
end
return 1
"""

#: KEYS: the account's failures, the address's, addresses that the account was tried from. ARGV: now, member,
#: keep ms, then failures, window and lock of either, then the address. The same rule as
#: `central.people.Throttle.locked_until`.
CLAIM_SIGN_IN = """
local now = tonumber(ARGV[1])
for k = 1, 2 do
  local failures, window, lock = tonumber(ARGV[1 + 3 * k]), tonumber(ARGV[2 + 3 * k]), tonumber(ARGV[3 + 3 * k])
  redis.call('ZREMRANGEBYSCORE', KEYS[k], '-inf', now - window - lock)
  local found = redis.call('ZRANGEBYSCORE', KEYS[k], '-inf', now, 'WITHSCORES')
  local at = {}
  for i = 2, #found, 2 do at[#at + 1] = tonumber(found[i]) end
  for i = #at, failures, -1 do
    local last, first = at[i], at[i - failures + 1]
    if now >= last + lock then break end
    if last - first <= window then return string.format('%.0f', last + lock) end
  end
end
for k = 1, 2 do
  redis.call('ZADD', KEYS[k], ARGV[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[k], ARGV[3])
end
redis.call('SADD', KEYS[3], ARGV[10])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return ''
"""

#: KEYS: the account's failures, addresses it tried from. ARGV: prefix of the addresses' keys, the account's
#: members' beginning.
FORGIVE_SIGN_IN = """
for _, address in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local key = ARGV[1] .. address
  for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if string.sub(member, 1, #ARGV[2]) == ARGV[2] then redis.call('ZREM', key, member) end
  end
end
redis.call('DEL', KEYS[1], KEYS[2])
return 1
"""

#: KEYS: the lease, its tokens. ARGV: holder, ms. A token is never smaller than the server's clock says, so
#: that they grow even where the server forgot the last one.
HOLD_LEASE = """
local there = redis.call('HMGET', KEYS[1], 'holder', 'token')
if there[1] == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return there[2]
end
if there[1] then return '' end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local token = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now)
local text = string.format('%.0f', token)
redis.call('SET', KEYS[2], text)
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'token', text)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return text
"""

#: KEYS: the lease. ARGV: holder.
RELEASE_LEASE = """
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

#: KEYS: the stream. The newest id there ever was, 0 where there is none.
STREAM_POSITION = """
if redis.call('EXISTS', KEYS[1]) == 0 then return '0' end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then return string.match(info[i + 1], '^%d+') end
end
"""

#: KEYS: the stream. ARGV: after, most events, oldest kept, keep ms, then id, kind, at and body of each event.
#: Appended only behind the very event that they follow, so there is never a gap; what is too old is let go
#: of, a thousand at most a call.
PUBLISH_EVENTS = """
local last = '0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = string.match(info[i + 1], '^%d+') end
  end
end
if last ~= ARGV[1] and last ~= '0' then return 0 end
for i = 5, #ARGV, 4 do
  local id, kind, at, body = ARGV[i] .. '-0', ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], id, 'k', kind, 'a', at, 'b', body)
end
for _ = 1, 1000 do
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if not oldest or tonumber(oldest[2][4]) >= tonumber(ARGV[3]) then break end
  redis.call('XDEL', KEYS[1], oldest[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
"""

#: KEYS: the stream. ARGV: after, at most. False where events after it may have been let go of.
EVENTS_SINCE = """
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if #first == 0 then return false end
local oldest = tonumber(string.match(first[1][1], '^%d+'))
if tonumber(ARGV[1]) < oldest - 1 then return false end
return redis.call('XRANGE', KEYS[1], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
"""
