-- One decision a request, each new: its id is a UUID version 7 of run, thread and number; three make a subject.
-- Environment: NOTICE_ID, RUN (a number below 4096), and ACKNOWLEDGED, a file prefix: every id that got a 201 is written
-- there, which costs time, so that it is left out where time is measured. SITES, "site=notice site=notice", has them go to these
-- sites in turn instead of to the one in the address.

local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

function init()
  run = tonumber(os.getenv("RUN"))
  number = 0
  local before = '","notice_id":"'
  local after = '","action":"save","choices":{"functional":"grant","analytics":"deny","performance":"grant","advertisement":"deny"},'
    .. '"decided_at":"2026-11-23T09:30:00.123Z","signals":{"gpc":false},"language":"fr","page":"/actualites"}'
  sites = {}
  for site, notice in (os.getenv("SITES") or ""):gmatch("(%S+)=(%S+)") do
    table.insert(sites, { path = "/v1/sites/" .. site .. "/decisions", rest = before .. notice .. after })
  end
  if #sites == 0 then sites[1] = { rest = before .. os.getenv("NOTICE_ID") .. after } end
  headers = { ["Content-Type"] = "application/json" }
  local prefix = os.getenv("ACKNOWLEDGED")
  if prefix then
    local file = assert(io.open(prefix .. "." .. thread_number, "w"))
    response = function(status, _, body)
      if status == 201 then
        file:write(body:match('"decision_id":"([^"]+)"'), "\n")
        file:flush()
      end
    end
  end
end

function request()
  number = number + 1
  local id = string.format("019a0000-%04x-7%03x-8000-%012x", run, thread_number, number)
  -- An address of its own, from a network that everybody has heard of.
  headers["X-Forwarded-For"] = string.format("11.%d.%d.%d", number % 251, number % 241, number % 239)
  local subject = string.format("%03xx%02xx%014xA", run, thread_number, math.floor(number / 3))
  local site = sites[number % #sites + 1]
  return wrk.format("POST", site.path, headers, '{"decision_id":"' .. id .. '","subject_id":"' .. subject .. site.rest)
end

dofile("tests/bench/result.lua")
