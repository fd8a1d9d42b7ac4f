-- SPDX-License-Identifier: Apache-2.0
-- wrk's requests: the blocks of the file named after "--", each ended by a byte 1, in turn. They
-- are made beforehand, so that the generator spends nothing on making them.
local requests = {}
local at = 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for request in file:read("*a"):gmatch("([^\1]+)\1") do
    requests[#requests + 1] = request
  end
  file:close()
  assert(#requests > 0, "no requests")
end

function request()
  at = at % #requests + 1
  return requests[at]
end
