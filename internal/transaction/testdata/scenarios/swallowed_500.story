# A price service answers 500, checkout goes on without a price, and invoicing breaks behind a queue.
gateway shop-gateway
function checkout
service pricing
queue orders
function invoicing

0-300 entry shop-gateway "POST /checkout" -> 202
  4-290 invoke checkout
    event http {"cart":[{"sku":"a-1","n":2}],"customer":"c-7"}
    response http 202 {"order":"o-55"}
    10-120 call pricing "POST /quote" -> 500
      sent {"sku":"a-1","n":2}
    122 log error "quote failed with 500, using no price"
    200-220 send orders id=o-55 {"order":"o-55","customer":"c-7","price":null}
      400-700 deliver invoicing
        690 throw TypeError "Cannot read properties of null (reading 'price')" handled
        691 throw TypeError "unsupported operand type(s) for *: 'NoneType' and 'int' (price)"

expect
  failure invoicing
  cause checkout high
  hops 2
  path checkout > orders > invoicing
  headline "swallowed a 500 from pricing"
