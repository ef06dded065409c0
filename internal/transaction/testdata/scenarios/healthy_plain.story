# Nothing is wrong.
gateway g-gateway
function f
table things
topic news
function reader

0-100 entry g-gateway "POST /x" -> 200
  5-90 invoke f cold
    event http {"a":1}
    response http 200 {"ok":true,"errors":[]}
    10-20 use things PutItem
    30-40 send news {"a":1}
      60-100 deliver reader
        response {"batchItemFailures":[]}

expect
  none
  nosilent
