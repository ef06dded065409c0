# The function answers well, but in a form the gateway does not take.
gateway gi-gateway
function gi-fn

0-60 entry gi-gateway "GET /" -> 502
  fail "Malformed Lambda proxy response"
  5-50 invoke gi-fn
    event http {"a":1}
    response {"message":"hello"}

expect
  failure gi-gateway
  cause gi-fn|gi-gateway any
