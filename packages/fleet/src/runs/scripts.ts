import { NOW, Script } from "../redis/script.js";

// KEYS of a run: 1 record, 2 open, 3 begun, 4 outcomes, 5 order, 6 offline, 7 told, 8 names; 9 the active runs of the server.
// Each target is in exactly one of open, begun and outcomes; only these scripts move it, and each of them may run twice.

/** Notes that a run has ended, when all of its targets have an outcome. */
const END = `
local function finish()
  local run = redis.call("HMGET", KEYS[1], "total", "sealed", "id", "keep", "endedAt")
  if run[2] ~= "1" or run[5] then return end
  if redis.call("HLEN", KEYS[4]) < tonumber(run[1] or "0") then return end
  redis.call("HSET", KEYS[1], "endedAt", now)
  redis.call("ZREM", KEYS[9], run[3])
  for place = 1, 8 do redis.call("PEXPIRE", KEYS[place], run[4]) end
end
local function put(target, state, outcome)
  redis.call("HSET", KEYS[4], target, outcome)
  redis.call("SREM", KEYS[2], target)
  redis.call("HDEL", KEYS[3], target)
  redis.call("SREM", KEYS[6], target)
  redis.call("HDEL", KEYS[7], target)
  redis.call("RPUSH", KEYS[5], target)
  redis.call("HINCRBY", KEYS[1], state, 1)
end`;

/**
 * Makes a run, unless there is one of this id: then gives what it was made for. KEYS: 1 record, 2 active, 3 all, 4 index.
 * ARGV: id, server, identity, deadline (milliseconds from now, or 0), then names and values.
 */
export const CREATE = new Script(`${NOW}
local found = redis.call("HGET", KEYS[1], "identity")
if found then return found end
local deadline = 0
if tonumber(ARGV[4]) > 0 then deadline = now + tonumber(ARGV[4]) end
redis.call("HSET", KEYS[1], "id", ARGV[1], "identity", ARGV[3], "created", now, "deadline", deadline, "total", 0, unpack(ARGV, 5))
redis.call("ZADD", KEYS[2], now, ARGV[1])
redis.call("ZADD", KEYS[3], now, ARGV[1])
redis.call("HSET", KEYS[4], ARGV[1], ARGV[2])
return ARGV[3]`);

/** Adds targets with their names, in pairs. Gives those that have no outcome: they belong in the queue. */
export const ADD = new Script(`
local wanted = {}
for place = 1, #ARGV, 2 do
  local target, name = ARGV[place], ARGV[place + 1]
  if redis.call("HEXISTS", KEYS[4], target) == 0 then
    wanted[#wanted + 1] = target
    if redis.call("HEXISTS", KEYS[3], target) == 0 and redis.call("SADD", KEYS[2], target) == 1 then
      redis.call("HINCRBY", KEYS[1], "total", 1)
      if name ~= "" then redis.call("HSET", KEYS[8], target, name) end
    end
  end
end
return wanted`);

/** Says that all targets are there. */
export const SEAL = new Script(`${NOW}${END}
redis.call("HSET", KEYS[1], "sealed", 1)
finish()
return 1`);

/**
 * Begins an attempt, with a lease (10 the leases by expiry, 11 their facts). ARGV: target, lease, owner, whether it must not be
 * repeated, how often it may be. Gives what is to be done, and which attempt it is: `go`; `late` when the lease is not held, and there would be
 * something to do; `busy` when the lease of an attempt before has not been given back.
 */
export const BEGIN = new Script(`${NOW}
local target, lease = ARGV[1], ARGV[2]
if redis.call("EXISTS", KEYS[1]) == 0 or redis.call("HEXISTS", KEYS[4], target) == 1 then return {"over", 0} end
local text = redis.call("HGET", KEYS[3], target)
local before = text and cjson.decode(text) or {attempt = 0, active = false}
if before.token == lease then return {before.word, before.attempt} end
if before.active and redis.call("ZSCORE", KEYS[10], before.token) then return {"busy", before.attempt} end
local run = redis.call("HMGET", KEYS[1], "cancelledAt", "deadline")
local word = "go"
local number = before.attempt
if (before.active and ARGV[4] == "1") or before.word == "unknown" then word = "unknown"
elseif run[1] then word = "cancelled"
elseif tonumber(run[2]) > 0 and now >= tonumber(run[2]) then word = "expired"
elseif number > tonumber(ARGV[5]) then word = "spent"
else
  if redis.call("HGET", KEYS[11], lease .. ":owner") ~= ARGV[3] then return {"late", number} end
  local expiry = redis.call("ZSCORE", KEYS[10], lease)
  if not expiry or tonumber(expiry) <= now then return {"late", number} end
  number = number + 1
end
redis.call("HSET", KEYS[3], target, cjson.encode({attempt = number, active = word == "go", word = word, token = lease, owner = ARGV[3], since = now}))
redis.call("SREM", KEYS[2], target)
redis.call("SREM", KEYS[6], target)
redis.call("HDEL", KEYS[7], target)
return {word, number}`);

/**
 * Puts the outcome of a target, unless it has one, or somebody else has it in hand. ARGV: target, lease or nothing, state,
 * outcome. Gives 1 when it is this one.
 */
export const SETTLE = new Script(`${NOW}${END}
local target = ARGV[1]
local present = redis.call("HGET", KEYS[4], target)
if present then return present == ARGV[4] and 1 or 0 end
local text = redis.call("HGET", KEYS[3], target)
if text then
  local attempt = cjson.decode(text)
  local isFree = ARGV[2] == "" and not attempt.active and attempt.word ~= "unknown"
  if attempt.token ~= ARGV[2] and not isFree then return 0 end
elseif redis.call("SISMEMBER", KEYS[2], target) == 0 then return 0 end
put(target, ARGV[3], ARGV[4])
finish()
return 1`);

/** Ends an attempt that may be followed by another one. ARGV: target, lease. */
export const AGAIN = new Script(`
local text = redis.call("HGET", KEYS[3], ARGV[1])
if not text then return 0 end
local attempt = cjson.decode(text)
if attempt.token ~= ARGV[2] then return 0 end
attempt.active = false
redis.call("HSET", KEYS[3], ARGV[1], cjson.encode(attempt))
redis.call("HDEL", KEYS[7], ARGV[1])
return 1`);

/** Notes how far a job is. ARGV: target, lease, what it says. */
export const TELL = new Script(`
local text = redis.call("HGET", KEYS[3], ARGV[1])
if not text or cjson.decode(text).token ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[7], ARGV[1], ARGV[3])
return 1`);

/** Cancels a run. Gives 0 when there is none. */
export const CANCEL = new Script(`${NOW}
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
if redis.call("HEXISTS", KEYS[1], "endedAt") == 0 then redis.call("HSETNX", KEYS[1], "cancelledAt", now) end
return 1`);

/**
 * Settles targets that nothing will be begun on any more, as the run was cancelled or its deadline has passed. ARGV: how many
 * at most. Gives how many there were.
 */
export const SWEEP = new Script(`${NOW}${END}
local run = redis.call("HMGET", KEYS[1], "cancelledAt", "deadline", "endedAt")
if run[3] then redis.call("ZREM", KEYS[9], redis.call("HGET", KEYS[1], "id")) return 0 end
local state, code, words
if run[1] then
  state, code, words = "cancelled", "JOB_CANCELLED", "The run was cancelled before the job began"
elseif run[2] and tonumber(run[2]) > 0 and now >= tonumber(run[2]) then
  state, code, words = "expired", "JOB_EXPIRED", "The job had not begun at the deadline"
else return 0 end
local function ended(target, attempts)
  local why = words
  if state == "expired" and redis.call("SISMEMBER", KEYS[6], target) == 1 then why = why .. ": its sensor is offline" end
  put(target, state, cjson.encode({target = tonumber(target), state = state, attempts = attempts, ended = now,
    error = {name = state == "expired" and "TimeoutError" or "ApiError", code = code, message = why}}))
end
local done = 0
for _, target in ipairs(redis.call("SRANDMEMBER", KEYS[2], ARGV[1])) do
  ended(target, 0)
  done = done + 1
end
local begun = redis.call("HGETALL", KEYS[3])
for place = 1, #begun, 2 do
  local attempt = cjson.decode(begun[place + 1])
  if not attempt.active and attempt.word ~= "unknown" then
    ended(begun[place], attempt.attempt)
    done = done + 1
  end
end
finish()
return done`);
