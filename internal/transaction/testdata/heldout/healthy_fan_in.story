# Many parts, one 404 that is an answer, a cold start and a batch: all is well.
gateway orders-gateway
function place
service customers
queue paid
function ship
cache sessions

0-300 entry orders-gateway "POST /order" -> 201
  5-290 invoke place cold init=120
    event http {"item":"x"}
    response http 201 {"id":"1","error":null,"errors":[]}
    10-20 use sessions GET
    30-60 call customers "GET /vip" -> 404
    70-90 send paid ids=h1..h3 {"n":"$id"}
      200-260 deliver ship
        response {"batchItemFailures":[]}

expect
  none
  nosilent
