# A function sends two messages; only the second lacks its field, after its own failing call.
function dual
http rates2.example
topic first-topic
topic second-topic
function on-first
function on-second

0-300 entry dual "POST /d" -> 200
  event http {"a":1}
  10-20 send first-topic id=tt-1 {"a":1,"rate":2}
    50-80 deliver on-first
  30-90 call rates2.example "GET /r" -> 502
  100-110 send second-topic id=tt-2 {"a":1}
    200-240 deliver on-second
      230 throw KeyError "'rate'"

expect
  failure on-second
  cause dual high
  headline "502 from rates2.example"
