# A price service answers 200 with no price in it; its caller breaks on that.
gateway cart-gateway
function total
service pricing

0-200 entry cart-gateway "GET /total" -> 500
  5-190 invoke total
    10-100 call pricing "GET /price" -> 200
      got {"sku":"a","price":null}
    150 throw TypeError "Cannot read properties of null (reading 'toFixed') at price.toFixed"
  180 log error "total failed"

expect
  failure cart-gateway
  cause pricing high|medium
  value total response $.price wrong
