# A task fails once and the state machine's second try is fine.
function start-flow
function flaky-step
http api.partner

0-100 entry start-flow "POST /flow" -> 202
  10-3000 invoke flaky-step execution=arn:aws:states:eu-west-1:1:execution:flow:9 served=100-200
    120-180 call api.partner "GET /x" -> 500
    190 throw PartnerError "api.partner answered 500"
  10-3000 invoke flaky-step execution=arn:aws:states:eu-west-1:1:execution:flow:9 served=1200-1300
    1220-1280 call api.partner "GET /x" -> 200

expect
  none
