-- KEYS: state, marks. ARGV: the log that the caller knows, up to which number, an identity for a new log, how many subjects are kept;
-- then the subjects of a purge. Answers identity, number, floor, and subjects with their marks.
local state, marks = KEYS[1], KEYS[2]
local known, since, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])

local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''

local log = redis.call('HMGET', state, 'id', 'run', 'seq', 'floor')
local id, seq, floor = log[1], tonumber(log[3]), tonumber(log[4])
-- "#" begins no subject.
if not id or not seq or not floor or log[2] ~= run or not redis.call('ZSCORE', marks, '#' .. id) or known == id and since > seq then
	id, seq, floor = ARGV[3], 0, 0
	redis.call('DEL', state, marks)
	redis.call('HSET', state, 'id', id, 'run', run, 'seq', 0, 'floor', 0)
	redis.call('ZADD', marks, 0, '#' .. id)
end

if #ARGV > 4 then
	seq = seq + 1
	for i = 5, #ARGV do
		redis.call('ZADD', marks, seq, '=' .. ARGV[i])
	end
	local over = redis.call('ZCARD', marks) - 1 - most
	if over > 0 then
		floor = tonumber(redis.call('ZRANGE', marks, over, over, 'WITHSCORES')[2])
		redis.call('ZREMRANGEBYRANK', marks, 1, over)
	end
	redis.call('HSET', state, 'seq', string.format('%.0f', seq), 'floor', string.format('%.0f', floor))
end

if known ~= id or since < floor then
	since = 0
end
local answer = {id, string.format('%.0f', seq), string.format('%.0f', floor)}
local found = redis.call('ZRANGEBYSCORE', marks, '(' .. string.format('%.0f', since), '+inf', 'WITHSCORES')
for i = 1, #found, 2 do
	answer[#answer + 1] = string.sub(found[i], 2)
	answer[#answer + 1] = string.format('%.0f', tonumber(found[i + 1]))
end
return answer
