-- The script as a browser that has not been here asks for it.

function init()
  wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
end

dofile("tests/bench/result.lua")
