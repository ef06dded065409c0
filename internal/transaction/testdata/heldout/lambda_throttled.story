# The function is never entered: its concurrency is used up.
gateway tickets-gateway
function reserve

0-420 entry tickets-gateway "POST /reserve" -> 500
  10-60 invoke reserve unserved
    fail "TooManyRequestsException: Rate Exceeded. Reserved function concurrent invocation limit exceeded"
  100-160 invoke reserve unserved
    fail "TooManyRequestsException: Rate Exceeded. Reserved function concurrent invocation limit exceeded"
  300-400 invoke reserve unserved
    fail "TooManyRequestsException: Rate Exceeded. Reserved function concurrent invocation limit exceeded"
  410 throw TooManyRequestsException "Rate Exceeded. Reserved function concurrent invocation limit exceeded"

expect
  failure tickets-gateway
  cause reserve high|medium
  headline "throttled"
