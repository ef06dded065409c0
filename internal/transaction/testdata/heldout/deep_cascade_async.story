# A request goes well; far behind two topics a cache is full.
service front
topic step-one
function first-step
topic step-two
function second-step
cache results

0-60 entry front "POST /go" -> 202
  10-20 send step-one id=y-1 {"id":1}
    50-120 deliver first-step
      60-80 send step-two id=y-2 {"id":1,"x":2}
        200-300 deliver second-step
          210-280 use results SET
            fail "OOM command not allowed when used memory > 'maxmemory'."
          290 throw ResponseError "OOM command not allowed when used memory > 'maxmemory'."

expect
  failure second-step
  cause results high
