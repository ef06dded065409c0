# A feature flag service is down, the code takes a wrong default, and a message goes out with a wrong type much later.
service checkout
http flags.example
queue receipts
function print-receipt

0-200 entry checkout "POST /buy" -> 200
  event {"cart":"c"}
  10-60 call flags.example "GET /currency" -> 503
  62 log warn "flags unavailable"
  100-120 send receipts id=q-1 {"cart":"c","total":10}
    300-350 deliver print-receipt
      340 throw Error "missing required field: currency"

expect
  failure print-receipt
  cause checkout high
  headline "swallowed a 503 from flags.example"
