"""The header by which a request can be followed, as an ALB puts it on each request to a target."""

from __future__ import annotations

from typing import Any

_LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"

# Each worker of Envoy runs this by itself, so each needs numbers of its own.
_CODE = """
local place = tonumber(string.match(tostring({}), "0x(%x+)"), 16)
math.randomseed(os.time() + place % 2147483647)

local function new_id()
  local parts = {}
  for i = 1, 6 do parts[i] = string.format("%04x", math.random(0, 65535)) end
  return string.format("1-%08x-%s", os.time(), table.concat(parts))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local given = headers:get("x-amzn-trace-id")
  if given == nil then
    headers:replace("x-amzn-trace-id", "Root=" .. new_id())
  else
    local others = string.gsub(given, "Self=[^;]*;?", "")
    headers:replace("x-amzn-trace-id", "Self=" .. new_id() .. ";" .. others)
  end
end
"""


def trace_header_filter() -> dict[str, Any]:
    """The HTTP filter that adds `X-Amzn-Trace-Id`: a new `Root`, or a `Self` before what was given.

    Source: ELB user guide, "Request tracing for your Application Load Balancer".
    """
    return {
        "name": "trace header",
        "typed_config": {"@type": _LUA, "default_source_code": {"inline_string": _CODE}},
    }
