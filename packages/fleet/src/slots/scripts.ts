import { NOW, Script } from "../redis/script.js";

// KEYS: 1 leases by expiry, 2 facts of leases (`id:owner`, `id:target`, `id:session`, `id:before`), 3 sensors, 4 budget.

/** How many slots there are unless somebody has said so. ARGV 1 of those who ask. */
const LIMIT = `local limit = tonumber(redis.call("HGET", KEYS[4], "slots") or ARGV[1])
local others = tonumber(redis.call("HGET", KEYS[4], "others") or "0")`;

/** ARGV: default slots, lease, owner, target, milliseconds. Gives `held`, `sensor` (it has one) or `slots` (none is free). */
export const ACQUIRE = new Script(`${NOW}
${LIMIT}
local lease, owner, target = ARGV[2], ARGV[3], ARGV[4]
if redis.call("ZSCORE", KEYS[1], lease) then return redis.call("HGET", KEYS[2], lease .. ":owner") == owner and "held" or "slots" end
if redis.call("HEXISTS", KEYS[3], target) == 1 then return "sensor" end
if redis.call("ZCARD", KEYS[1]) + others >= limit then return "slots" end
redis.call("ZADD", KEYS[1], now + tonumber(ARGV[5]), lease)
redis.call("HSET", KEYS[2], lease .. ":owner", owner, lease .. ":target", target)
redis.call("HSET", KEYS[3], target, lease)
return "held"`);

/** ARGV: owner, milliseconds, then leases with their sessions in pairs. Gives 1 for each that is still the owner's. */
export const RENEW = new Script(`${NOW}
local held = {}
for place = 3, #ARGV, 2 do
  local lease, session = ARGV[place], ARGV[place + 1]
  local expiry = redis.call("ZSCORE", KEYS[1], lease)
  if expiry and tonumber(expiry) > now and redis.call("HGET", KEYS[2], lease .. ":owner") == ARGV[1] then
    redis.call("ZADD", KEYS[1], now + tonumber(ARGV[2]), lease)
    if session ~= "" then redis.call("HSET", KEYS[2], lease .. ":session", session) end
    held[#held + 1] = 1
  else held[#held + 1] = 0 end
end
return held`);

/** Notes something about a lease. ARGV: owner, lease, name, value. */
export const NOTE = new Script(`
if redis.call("HGET", KEYS[2], ARGV[2] .. ":owner") ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[2], ARGV[2] .. ":" .. ARGV[3], ARGV[4])
return 1`);

/** Gives a slot back. ARGV: owner, lease. */
export const RELEASE = new Script(`
local owner, lease = ARGV[1], ARGV[2]
local facts = redis.call("HMGET", KEYS[2], lease .. ":owner", lease .. ":target")
if facts[1] ~= owner then return 0 end
redis.call("ZREM", KEYS[1], lease)
redis.call("HDEL", KEYS[2], lease .. ":owner", lease .. ":target", lease .. ":session", lease .. ":before")
if redis.call("HGET", KEYS[3], facts[2]) == lease then redis.call("HDEL", KEYS[3], facts[2]) end
return 1`);

/**
 * Takes over leases whose owner has not renewed them: the slot stays taken until the session behind it is closed. ARGV: owner,
 * milliseconds, how many. Gives lease, target, session and the sessions before, of each.
 */
export const TAKE_OVER = new Script(`${NOW}
local found = {}
for _, lease in ipairs(redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", now, "LIMIT", 0, ARGV[3])) do
  redis.call("ZADD", KEYS[1], now + tonumber(ARGV[2]), lease)
  redis.call("HSET", KEYS[2], lease .. ":owner", ARGV[1])
  local facts = redis.call("HMGET", KEYS[2], lease .. ":target", lease .. ":session", lease .. ":before")
  found[#found + 1] = {lease, facts[1] or "", facts[2] or "", facts[3] or ""}
end
return found`);

/** Gives, of each lease, target, session and the sessions before. */
export const VIEW = new Script(`
local found = {}
for _, lease in ipairs(redis.call("ZRANGE", KEYS[1], 0, -1)) do
  local facts = redis.call("HMGET", KEYS[2], lease .. ":target", lease .. ":session", lease .. ":before")
  found[#found + 1] = {lease, facts[1] or "", facts[2] or "", facts[3] or ""}
end
return found`);

/** Notes how many sessions others have. ARGV: default slots, others. Gives whether there are too many leases now, and the limit. */
export const OTHERS = new Script(`
redis.call("HSET", KEYS[4], "others", ARGV[2])
${LIMIT}
return {redis.call("ZCARD", KEYS[1]) + others > limit and 1 or 0, limit}`);

/** Gives the limit, how many leases there are, and how many sessions others have. ARGV: default slots. */
export const USED = new Script(`
${LIMIT}
return {limit, redis.call("ZCARD", KEYS[1]), others}`);
