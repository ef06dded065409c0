# What the cache holds is broken.
gateway cc-gateway
service pricing-svc
cache price-cache

0-90 entry cc-gateway "GET /p" -> 500
  5-80 call pricing-svc "GET /p" -> 500
    10-20 use price-cache GET
      got {"sku":"a","price":null}
    60 throw TypeError "unsupported operand type(s) for *: 'NoneType' and 'int'"

expect
  failure cc-gateway
  cause price-cache high|medium
