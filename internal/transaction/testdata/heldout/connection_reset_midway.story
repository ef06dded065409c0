# The callee dies while answering: its own span says so.
gateway cr-gateway
service front-svc
service back-svc

0-300 entry cr-gateway "GET /" -> 502
  5-290 call front-svc "GET /" -> 502
    10-280 call back-svc "GET /"
      fail "read ECONNRESET"
      270 throw RangeError "Maximum call stack size exceeded"
    285 throw Error "read ECONNRESET"

expect
  failure cr-gateway
  cause back-svc high|medium
