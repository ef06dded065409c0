# A quantity is a word; the order service refuses it with 422 and the shop turns that into 500.
gateway qty-gateway
function shop-fn
service order-svc

0-200 entry qty-gateway "POST /buy" -> 500
  5-190 invoke shop-fn
    event http {"sku":"a","qty":"two"}
    20-120 call order-svc "POST /orders" -> 422
      sent {"sku":"a","qty":"two"}
      event {"sku":"a","qty":"two"}
      100 throw ValidationError "qty must be a number" handled
    130 throw Error "order-svc answered 422"

expect
  failure qty-gateway
  cause qty-gateway|shop-fn|order-svc high|medium
