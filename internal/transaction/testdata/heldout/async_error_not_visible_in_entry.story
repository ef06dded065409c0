# The entry fails validation in one call; a message it sent before is handled well.
gateway v-gateway
function submit
topic submitted
function index
http address.example

0-200 entry v-gateway "POST /submit" -> 502
  5-190 invoke submit
    event http {"name":"x"}
    10-20 send submitted id=av-1 {"name":"x"}
      40-90 deliver index
    30-150 call address.example "POST /check" -> 502
    160 throw GatewayError "address check failed: 502 Bad Gateway"

expect
  failure v-gateway
  cause address.example high
