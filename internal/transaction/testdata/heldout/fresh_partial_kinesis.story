# Of twenty records one is handed back; the function's own parser says which.
service kp-source
stream kp-stream
function kp-fn

0-40 entry kp-source "POST /b" -> 202
  10-30 send kp-stream ids=kp1..kp20 {"n":"$id"}
    100-400 deliver kp-fn
      200-220 do "parse kp7"
        throw ValueError "bad checksum in record kp7"
      response {"batchItemFailures":[{"itemIdentifier":"kp7"}]}

expect
  cause kp-fn|kp-source any
  silent partial-batch kp-fn
