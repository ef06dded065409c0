# The gateway waits three seconds; a cold start takes most of them.
gateway edge-gateway
function profile memory=3008

0-3005 entry edge-gateway "GET /profile" -> 504
  2-3002 invoke profile timeout served=2700-3200 cold init=2650

expect
  failure edge-gateway
  cause profile high|medium
  headline "cold start"
