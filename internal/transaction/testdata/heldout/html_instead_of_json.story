# A proxy answers its login page with 200; the caller cannot read it.
gateway rates-gateway
function rates
http intranet.example

0-200 entry rates-gateway "GET /rates" -> 500
  5-190 invoke rates
    10-100 call intranet.example "GET /api" -> 200
      attr http.response.body "<!DOCTYPE html><html><body>Sign in</body></html>"
    120 throw JSONDecodeError "Expecting value: line 1 column 1 (char 0)"

expect
  failure rates-gateway
  cause intranet.example high|medium
