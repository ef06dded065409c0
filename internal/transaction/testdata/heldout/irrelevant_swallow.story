# A metrics endpoint fails and is rightly ignored; the item is missing for another reason: the payload says so.
service shop
http metrics.internal
service stockroom
queue picks
function picker

0-200 entry shop "POST /pick" -> 202
  event {"order":"o1"}
  10-20 call metrics.internal "POST /count" -> 500
  30-90 call stockroom "GET /location" -> 200
    got {"order":"o1","aisle":null,"shelf":4}
  100-120 send picks id=w-1 {"order":"o1","aisle":null,"shelf":4}
    300-350 deliver picker
      340 throw Error "aisle must not be null"

expect
  failure picker
  cause stockroom high|medium
