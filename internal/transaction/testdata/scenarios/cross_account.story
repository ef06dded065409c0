# The topic lives in another account than the queue and its worker.
function price-feed account=111111111111
http rates.example
topic prices account=111111111111
queue prices-copy account=222222222222
function reprice account=222222222222

0-400 timer price-feed
  10-200 call rates.example "GET /usd" -> 502
  201 log warn "no rate today"
  210-230 send prices id=x-1 context=keys {"currency":"USD"}
    500-800 deliver reprice via=prices-copy context=keys
      790 throw KeyError "'rate'"

expect
  traces 2
  failure reprice
  cause price-feed high
  headline "swallowed a 502 from rates.example"
  value reprice event $.Records[0].body.Message.rate missing
