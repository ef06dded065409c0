# A fan-out of fifty workers; three cannot reach the mail server, nobody is told.
function fan-start
topic fan-topic
function fan-worker
http smtp.example

0-200 entry fan-start "POST /fan" -> 202
  repeat 47 every=3
    10-12 send fan-topic id=fa-# {"n":#}
      100-140 deliver fan-worker
        110-120 call smtp.example "POST /send" -> 200
  repeat 3 every=3
    160-162 send fan-topic id=fb-# {"n":#}
      300-340 deliver fan-worker
        310-330 call smtp.example "POST /send"
          fail "connect ECONNREFUSED 10.0.0.25:25"
        335 throw Error "connect ECONNREFUSED 10.0.0.25:25"

expect
  failure fan-worker
  cause smtp.example high
